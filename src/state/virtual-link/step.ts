import { link, type RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { ownerComment } from "../owner/index.ts";
import { afterCleanup, type Revert, type Step } from "../step.ts";
import { randomMac, setBestEffort } from "../veth/index.ts";
import { childLink } from "./check.ts";
import type { ChildLink } from "./child-link.ts";
import { findMaster, type Master } from "./master.ts";
import { NAME_ATTEMPTS, temporaryName } from "./name.ts";
import { explain } from "./refusal.ts";
import { deleteOfKind, removeChildLinks } from "./remove.ts";

/** A link `ifName` that is made in the container's namespace; it is down. */
export class ChildLinkStep implements Step {
  readonly name: string;
  readonly #wanted: ChildLink;

  constructor(wanted: ChildLink) {
    this.name = `${wanted.kind} link`;
    this.#wanted = wanted;
  }

  describe(): string {
    const { owner, master, mtu, settings } = this.#wanted;
    const { macvlan, ipvlan, vlan } = settings;
    const mode = macvlan?.mode ?? ipvlan?.mode;
    const parts = [
      `${owner.ifName} in the container`,
      master !== undefined && `on ${masterText(master)}`,
      mode !== undefined && `mode ${mode}`,
      vlan?.id !== undefined && `VLAN ${vlan.id}`,
      mtu !== 0 && `MTU ${mtu}`,
    ];
    return parts.filter((part) => part !== false).join(", ");
  }

  apply(): Revert {
    const { namespaces, master: where } = this.#wanted;
    const master = where === undefined ? undefined : findMaster(namespaces, where);
    if (master !== undefined) this.#checkMtu(master);
    const index = this.#create(master);
    const revert = (): void => namespaces.containerLinks.delete(index);
    try {
      this.#christen(index);
    } catch (error) {
      throw afterCleanup(error, revert);
    }
    return revert;
  }

  check(): void {
    this.link();
  }

  /** As the kernel has it. Throws when it is missing or another one. */
  link(): link.Link {
    return childLink(this.#wanted);
  }

  async undo(): Promise<void> {
    const { namespaces, owner, kind } = this.#wanted;
    await removeChildLinks(namespaces, owner, kind);
  }

  #checkMtu(master: link.Link): void {
    const { mtu, mtuWithinMaster } = this.#wanted;
    if (mtuWithinMaster !== true || (mtu >= 0 && mtu <= master.mtu)) return;
    const msg = `invalid MTU ${mtu}, must be [0, master MTU(${master.mtu})]`;
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg);
  }

  /** Makes the link under a temporary name and gives its index in the container. */
  #create(master: link.Link | undefined): number {
    const { namespaces, owner, kind } = this.#wanted;
    // Opened before there is anything to be taken back by it.
    const { container } = namespaces;
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      const name = temporaryName(owner, attempt);
      if (!this.#tryName(name, master)) continue;
      try {
        const made = link.get(container, { name });
        if (made !== undefined) return made.index;
      } catch (error) {
        throw afterCleanup(error, () => deleteOfKind(namespaces, name, kind));
      }
      throw new CniError(ErrorCode.IO_FAILURE, `the ${kind} link vanished right after it was made`);
    }
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `no free name for the ${kind} link: ${NAME_ATTEMPTS} names are taken`,
    );
  }

  /** False when a stranger's link has the name. */
  #tryName(name: string, master: link.Link | undefined): boolean {
    const { namespaces, kind } = this.#wanted;
    const request = (): unknown =>
      this.#birthplace.netlink.request(this.#newMessage(name, master), `add link ${name}`);
    try {
      request();
      return true;
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw this.#afterRefusal(name, master, error);
    }
    // What an ADD of this very attachment has left when it was killed.
    deleteOfKind(namespaces, name, kind);
    try {
      request();
      return true;
    } catch (error) {
      const isTaken = isKernelError(error, Errno.EEXIST) && this.#isTaken(name);
      if (isTaken) return false;
      throw this.#afterRefusal(name, master, error);
    }
  }

  #isTaken(name: string): boolean {
    const { container } = this.#wanted.namespaces;
    return [this.#birthplace, container].some((socket) => link.get(socket, { name }) !== undefined);
  }

  /** The error to throw; the kernel may have made the link and only its answer was lost. */
  #afterRefusal(name: string, master: link.Link | undefined, error: unknown): unknown {
    const { namespaces, kind, settings } = this.#wanted;
    const vlanId = settings.vlan?.id;
    const explained = explain({ namespaces, kind, vlanId, master, onHost: this.#onHost }, error);
    return afterCleanup(explained, () => deleteOfKind(namespaces, name, kind));
  }

  #newMessage(name: string, master: link.Link | undefined): Parameters<RouteSocket["batch"]>[0][0] {
    const { namespaces, kind, mtu, mac, settings } = this.#wanted;
    const address = mac === "random" ? randomMac() : mac;
    return link.newMessage({
      name,
      kind,
      ...settings,
      ...(mtu === 0 ? {} : { mtu }),
      ...(address === undefined ? {} : { address: address.toString() }),
      ...(master === undefined ? {} : { linkIndex: master.index }),
      ...(this.#onHost ? { netns: namespaces.netns } : {}),
    });
  }

  /** Its name, its owner's mark, and what a link takes only when it exists. */
  #christen(index: number): void {
    const { namespaces, owner, kind, mac, settings } = this.#wanted;
    // A link that passes everything through is born with its master's MAC, whatever was asked for.
    const late = settings.macvlan?.mode === "passthru" && mac !== undefined && mac !== "random";
    try {
      namespaces.containerLinks.set(index, {
        name: owner.ifName,
        alias: ownerComment(owner),
        ...(late ? { address: mac.toString() } : {}),
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `interface ${JSON.stringify(owner.ifName)} already exists in the container`,
        { details: "CNI_IFNAME must be free in the container; was DEL called?", cause: error },
      );
    }
    if (kind !== "macvlan" && kind !== "ipvlan") return;
    setBestEffort(`net/ipv6/conf/${owner.ifName}/ndisc_notify`, "1", namespaces);
  }

  /** Whether the link's master is on the host, so that the host's socket has to make it. */
  get #onHost(): boolean {
    const { master } = this.#wanted;
    return master !== undefined && !master.inContainer;
  }

  get #birthplace(): RouteSocket {
    const { namespaces } = this.#wanted;
    return this.#onHost ? namespaces.host : namespaces.container;
  }
}

function masterText({ name, inContainer }: Master): string {
  const link = name === "" ? "the interface of the default route" : name;
  return inContainer ? `${link} of the container` : link;
}
