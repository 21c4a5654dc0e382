import type { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { writeSysctl } from "../../kernel/sysctl/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";
import { afterCleanup, type Revert, type Step } from "../step.ts";
import { randomMac } from "./mac.ts";
import { hostVethName, NAME_ATTEMPTS } from "./name.ts";
import { VethRemoval } from "./removal.ts";

/** What a veth pair should be. */
export interface VethPair {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** Of the container's end; a random one when absent. */
  readonly mac?: Mac | undefined;
  /** What else the host's end is set to as soon as it is there: its bridge, say, and up. */
  readonly hostSettings?: (() => link.LinkChange) | undefined;
  /** The host's end only hands frames to a bridge: nobody ever speaks IP to it. */
  readonly isPort?: boolean;
}

/** The indexes of a pair's ends, each in its own namespace. */
export interface Pair {
  readonly container: number;
  readonly host: number;
}

/** A pair of links: `ifName` in the container's namespace, its peer in the host's. */
export class VethStep implements Step {
  readonly name = "veth pair";
  readonly #pair: VethPair;
  #hostName: string | undefined;
  #made: Pair | undefined;

  constructor(pair: VethPair) {
    this.#pair = pair;
  }

  /** Name of the host's end: of the link that exists, or of the one that would be made. */
  get hostName(): string {
    return this.#hostName ?? hostVethName(this.#pair.owner);
  }

  describe(): string {
    const { owner, mtu } = this.#pair;
    const size = mtu === 0 ? "" : `, MTU ${mtu}`;
    return `${owner.ifName} in the container, ${this.hostName} on the host${size}`;
  }

  apply(): Revert {
    const { namespaces, owner } = this.#pair;
    // Also tells our link from another's when the kernel's answer is lost.
    const hostMac = randomMac().toString();
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      const name = hostVethName(owner, attempt);
      const revert = (): void => {
        const host = namespaces.hostLinks.get({ name });
        if (host?.address === hostMac) namespaces.hostLinks.delete(host.index);
      };
      try {
        const made = this.#create(name, hostMac);
        if (made === undefined) continue;
        this.#hostName = name;
        // Made from inside the container: its peer's index is one of the host.
        const index = made.linkIndex ?? this.#hostLink(name).index;
        this.#made = { container: made.index, host: index };
        this.#quieten(name); // before it is up
        const settings = this.#pair.hostSettings?.();
        namespaces.hostLinks.set(index, { alias: ownerComment(owner), ...settings });
        return () => namespaces.hostLinks.delete(index);
      } catch (error) {
        throw error instanceof CniError ? error : afterCleanup(error, revert);
      }
    }
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `no free name for the host's end of ${owner.ifName}: ${NAME_ATTEMPTS} names are taken`,
    );
  }

  check(): void {
    this.ends();
  }

  /** Both ends as the kernel has them. Throws when one is missing or they are no pair. */
  ends(): { container: link.Link; host: link.Link } {
    const { namespaces, owner } = this.#pair;
    const container = namespaces.containerLinks.get({ name: owner.ifName });
    if (container === undefined) {
      throw differs(`interface ${owner.ifName} is missing in the container`);
    }
    if (container.kind !== "veth" || container.linkIndex === undefined) {
      throw differs(`interface ${owner.ifName} is no veth but ${container.kind ?? "a device"}`);
    }
    const host = namespaces.hostLinks.get({ index: container.linkIndex });
    if (host?.kind !== "veth" || host.linkIndex !== container.index) {
      throw differs(`the host's end of ${owner.ifName} is missing`);
    }
    return { container, host };
  }

  /** Where the ends are: of the pair that was just made, or of the one there is. */
  indexes(): Pair {
    if (this.#made !== undefined) return this.#made;
    const { container, host } = this.ends();
    return { container: container.index, host: host.index };
  }

  /** The container's end as the kernel has it. */
  containerEnd(): link.Link {
    if (this.#made === undefined) return this.ends().container;
    const { namespaces, owner } = this.#pair;
    const container = namespaces.containerLinks.get({ name: owner.ifName });
    if (container?.index === this.#made.container) return container;
    throw differs(`interface ${owner.ifName} is missing in the container`);
  }

  /** The host's end as the kernel has it: of the pair that was just made, or of the one there is. */
  hostEnd(): link.Link {
    if (this.#made === undefined) return this.ends().host;
    const host = this.#pair.namespaces.hostLinks.get({ index: this.#made.host });
    if (host === undefined) throw differs(`${this.hostName} is missing on the host`);
    return host;
  }

  /** See {@link VethRemoval}. */
  async undo(): Promise<void> {
    const { namespaces, owner } = this.#pair;
    await new VethRemoval(namespaces, owner).gone.undo();
  }

  /**
   * Keeps the host's end from making an IPv6 address by itself. As a port it needs none at all; the
   * kernel walks the addresses' routes of all links whenever one goes, and says hello by each.
   */
  #quieten(name: string): void {
    const [key, value] = this.#pair.isPort === true ? ["disable_ipv6", "1"] : ["accept_ra", "0"];
    setBestEffort(`net/ipv6/conf/${name}/${key}`, value);
  }

  /** The container's end; undefined when the host's name is taken by a stranger. */
  #create(name: string, hostMac: string): link.Link | undefined {
    const { namespaces, owner, mtu, mac } = this.#pair;
    const size = mtu === 0 ? {} : { mtu };
    try {
      return namespaces.containerLinks.create({
        name: owner.ifName,
        kind: "veth",
        address: (mac ?? randomMac()).toString(),
        ...size,
        peer: { name, address: hostMac, netns: namespaces.hostNetns, ...size },
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      return this.#explainExisting(name, error);
    }
  }

  #explainExisting(name: string, cause: unknown): undefined {
    const { namespaces, owner } = this.#pair;
    if (namespaces.containerLinks.get({ name: owner.ifName }) !== undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `container veth name (${JSON.stringify(owner.ifName)}) already exists`,
        { details: "CNI_IFNAME must be free in the container; was DEL called?", cause },
      );
    }
    const taken = namespaces.hostLinks.get({ name });
    if (taken?.alias === ownerComment(owner)) {
      throw new CniError(
        ErrorCode.TRY_AGAIN_LATER,
        `${name} is left over from an earlier ADD of this attachment`,
        { details: "call DEL for it first", cause },
      );
    }
    return undefined;
  }

  #hostLink(name: string): link.Link {
    const host = this.#pair.namespaces.hostLinks.get({ name });
    if (host === undefined) {
      throw new CniError(ErrorCode.IO_FAILURE, `${name} vanished right after it was made`);
    }
    return host;
  }
}

/** For settings that make things better where they exist and are not worth a failure. */
export function setBestEffort(key: string, value: string, namespaces?: Namespaces): void {
  try {
    writeSysctl(key, value, namespaces?.netns);
  } catch {
    // Without IPv6, or with a read-only /proc/sys, there is nothing to set.
  }
}
