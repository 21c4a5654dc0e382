import type { Mac } from "../../addr/index.ts";
import { link } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../spec/index.ts";
import { differs, missingInContainer } from "../differs.ts";
import type { Garbage, Kind, Piece, Rollback } from "../kind.ts";
import { linkName, linkNames, NAME_ATTEMPTS } from "../link-name.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { made, removed, type Standing } from "../standing.ts";
import { setBestEffort } from "../sysctl.ts";
import { tryAgain } from "../try-again.ts";
import { randomMac } from "./mac.ts";
import { foundPair, hostText, removePair } from "./removal.ts";

/** What a veth pair should be. */
export interface WantedPair {
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** Of the container's end; a random one when absent. */
  readonly mac?: Mac | undefined;
  /** What else the host's end is set to as soon as it is there: its bridge, say, and up. */
  readonly hostSettings?: (() => link.LinkChange) | undefined;
  /** The host's end only hands frames to a bridge: the host never speaks IP on it. */
  readonly isPort?: boolean;
}

/** The indexes of a pair's ends, each in its own namespace. */
export interface PairIndexes {
  readonly container: number;
  readonly host: number;
}

/** A pair of links: `ifName` in the container's namespace, its peer in the host's. */
export const vethPair: Kind<WantedPair, VethPair> = {
  name: "veth pair",
  want: (scene, wanted) => new VethPair(scene, wanted),
  undo: removePair,
  found: foundPair,
  async collect({ namespaces }, garbage) {
    await namespaces.deleteLinks(staleHostEnds(namespaces, garbage).map(({ index }) => index));
  },
  stale: ({ namespaces }, garbage) =>
    staleHostEnds(namespaces, garbage).map((each) => removed(hostText(each))),
};

function staleHostEnds({ hostLinks }: Namespaces, { isStale }: Garbage): link.Link[] {
  return hostLinks.marked("veth", isStale);
}

/** The pair of one attachment. */
export class VethPair implements Piece {
  readonly name = "veth pair";
  readonly isBasis = true;
  readonly #namespaces: Namespaces;
  readonly #owner: Attachment;
  readonly #wanted: WantedPair;
  #hostName: string | undefined;
  #made: PairIndexes | undefined;

  constructor({ namespaces, owner }: Scene, wanted: WantedPair) {
    this.#namespaces = namespaces;
    this.#owner = owner;
    this.#wanted = wanted;
  }

  /** Name of the host's end: of the link that exists, or of the one that would be made. */
  get hostName(): string {
    return this.#hostName ?? linkName("veth", this.#owner);
  }

  /** Both ends by name, and the MTU. */
  describe(): string {
    const { mtu } = this.#wanted;
    const size = mtu === 0 ? "" : `, MTU ${mtu}`;
    return `${this.#owner.ifName} in the container, ${this.hostName} on the host${size}`;
  }

  /** Makes the pair; the host's end bears the mark of the attachment. */
  apply(rollback: Rollback): void {
    const { hostLinks } = this.#namespaces;
    // Also tells our link from another's when the kernel's answer is lost.
    const hostMac = randomMac().toString();
    rollback.defer(() => this.#takeBack(hostMac));
    for (const name of linkNames("veth", this.#owner)) {
      this.#hostName = name;
      const made = this.#create(name, hostMac);
      if (made === undefined) continue;
      // Made from inside the container: its peer's index is one of the host.
      const host = made.linkIndex ?? this.#hostLink(name).index;
      this.#made = { container: made.index, host };
      this.#disableAutoconf(name); // before it is up
      const settings = this.#wanted.hostSettings?.();
      hostLinks.set(host, { alias: ownerComment(this.#owner), ...settings });
      return;
    }
    throw this.#noFreeName();
  }

  /** The name of the host's end is known from now on. */
  compare(): Standing {
    this.#refuseTaken();
    for (const name of linkNames("veth", this.#owner)) {
      if (this.#namespaces.hostLinks.get({ name }) !== undefined) {
        this.#refuseLeftOver(name);
        continue;
      }
      this.#hostName = name;
      return made();
    }
    throw this.#noFreeName();
  }

  /** A difference, such as a missing end, is thrown. */
  check(): void {
    this.ends();
  }

  /**
   * Both ends as the kernel has them.
   * @throws a CHECK's error when they are no pair
   */
  ends(): { container: link.Link; host: link.Link } {
    const { containerLinks, hostLinks, host: hostSocket, netns } = this.#namespaces;
    const { ifName } = this.#owner;
    const container = containerLinks.get({ name: ifName });
    if (container === undefined) throw missingInContainer(ifName);
    if (container.kind !== "veth" || container.linkIndex === undefined) {
      throw differs(`interface ${ifName} is no veth but ${container.kind ?? "a device"}`);
    }
    const host = hostLinks.get({ index: container.linkIndex });
    const isPair =
      host !== undefined && netns !== undefined && link.isPeer(hostSocket, host, container, netns);
    if (!isPair) throw differs(`the host's end of ${ifName} is missing`);
    return { container, host };
  }

  /** Where the ends are: of the pair that was just made, or of the one there is. */
  indexes(): PairIndexes {
    if (this.#made !== undefined) return this.#made;
    const { container, host } = this.ends();
    return { container: container.index, host: host.index };
  }

  /** The container's end as the kernel has it. */
  containerEnd(): link.Link {
    if (this.#made === undefined) return this.ends().container;
    const { ifName } = this.#owner;
    const container = this.#namespaces.containerLinks.get({ name: ifName });
    if (container?.index === this.#made.container) return container;
    throw missingInContainer(ifName);
  }

  /** The host's end as the kernel has it: of the pair that was just made, or of the one there is. */
  hostEnd(): link.Link {
    if (this.#made === undefined) return this.ends().host;
    const host = this.#namespaces.hostLinks.get({ index: this.#made.host });
    if (host === undefined) throw differs(`${this.hostName} is missing on the host`);
    return host;
  }

  /** The MAC is random, so the link that has it is the one that this ADD has made. */
  #takeBack(hostMac: string): void {
    const { hostLinks } = this.#namespaces;
    const host = hostLinks.get({ name: this.hostName });
    if (host?.address === hostMac) hostLinks.delete(host.index);
  }

  /**
   * Keeps the host's end from making an IPv6 address by itself. As a port it needs none at all: the
   * kernel walks the routes of all links whenever one with addresses goes.
   */
  #disableAutoconf(name: string): void {
    const [key, value] = this.#wanted.isPort === true ? ["disable_ipv6", "1"] : ["accept_ra", "0"];
    setBestEffort(`net/ipv6/conf/${name}/${key}`, value);
  }

  /** The container's end; undefined when another link of the host has the name. */
  #create(name: string, hostMac: string): link.Link | undefined {
    const { containerLinks, hostNetns } = this.#namespaces;
    const { mtu, mac } = this.#wanted;
    const size = mtu === 0 ? {} : { mtu };
    try {
      return containerLinks.create({
        name: this.#owner.ifName,
        kind: "veth",
        address: (mac ?? randomMac()).toString(),
        ...size,
        peer: { name, address: hostMac, netns: hostNetns, ...size },
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      return this.#explainExisting(name, error);
    }
  }

  #explainExisting(name: string, cause: unknown): undefined {
    this.#refuseTaken(cause);
    this.#refuseLeftOver(name, cause);
    return undefined;
  }

  #refuseTaken(cause?: unknown): void {
    const { ifName } = this.#owner;
    if (this.#namespaces.containerLinks.get({ name: ifName }) === undefined) return;
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `container veth name (${JSON.stringify(ifName)}) already exists`,
      { details: "CNI_IFNAME must be free in the container; was DEL called?", cause },
    );
  }

  #refuseLeftOver(name: string, cause?: unknown): void {
    const isOwn = this.#namespaces.hostLinks.get({ name })?.alias === ownerComment(this.#owner);
    if (!isOwn) return;
    throw tryAgain(`${name} is left over from an earlier ADD of this attachment`, {
      details: "call DEL for it first",
      cause,
    });
  }

  #noFreeName(): CniError {
    return tryAgain(
      `no free name for the host's end of ${this.#owner.ifName}: ${NAME_ATTEMPTS} names are taken`,
    );
  }

  #hostLink(name: string): link.Link {
    const host = this.#namespaces.hostLinks.get({ name });
    if (host !== undefined) return host;
    throw new CniError(ErrorCode.IO_FAILURE, `${name} vanished right after it was made`);
  }
}
