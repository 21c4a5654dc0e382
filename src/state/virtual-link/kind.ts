import { defined } from "../../base/index.ts";
import { link, type RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { type Attachment, CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import type { Kind, Rollback } from "../kind.ts";
import { linkNames, NAME_ATTEMPTS } from "../link-name.ts";
import type { LinkPiece } from "../link-plugin/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { made, removed, type Standing } from "../standing.ts";
import { setBestEffort } from "../sysctl.ts";
import { tryAgain } from "../try-again.ts";
import { randomMac } from "../veth/index.ts";
import { checkLink, type WantedLink } from "./check.ts";
import { kernelHas, kindMissing, type VirtualLinkKind } from "./kernel-kind.ts";
import { findParent, type Parent, requireParent } from "./parent.ts";
import { explain } from "./refusal.ts";
import { deleteOfKind, ownLinks, removeLinks, textOf } from "./remove.ts";

/** A link `ifName` of one kind that is made in the container's namespace; it is down. */
export function virtualLink(kind: VirtualLinkKind): Kind<WantedLink, VirtualLink> {
  return {
    name: `${kind} link`,
    want: (scene, wanted) => new VirtualLink(scene, kind, wanted),
    undo: async (scene) => await removeLinks(scene, kind),
    found: (scene) =>
      ownLinks(scene, kind).map((each) => removed(textOf(each, "in the container"))),
    async collect({ namespaces }, { isStale }) {
      // The links live and die in their containers; on the host there are only those taken out.
      const stale = namespaces.hostLinks.marked(kind, isStale);
      await namespaces.deleteLinks(stale.map(({ index }) => index));
    },
    stale({ namespaces }, { isStale }) {
      const stale = namespaces.hostLinks.marked(kind, isStale);
      return stale.map((each) => removed(textOf(each, "on the host")));
    },
  };
}

/** The link of one attachment. */
export class VirtualLink implements LinkPiece {
  readonly name: string;
  readonly isBasis = true;
  readonly #namespaces: Namespaces;
  readonly #owner: Attachment;
  readonly #kind: VirtualLinkKind;
  readonly #wanted: WantedLink;

  constructor({ namespaces, owner }: Scene, kind: VirtualLinkKind, wanted: WantedLink) {
    this.name = `${kind} link`;
    this.#namespaces = namespaces;
    this.#owner = owner;
    this.#kind = kind;
    this.#wanted = wanted;
  }

  describe(): string {
    const { parent, mtu, settings } = this.#wanted;
    const { macvlan, ipvlan, vlan } = settings;
    const mode = macvlan?.mode ?? ipvlan?.mode;
    const parts = [
      `${this.#owner.ifName} in the container`,
      parent !== undefined && `on ${parentText(parent)}`,
      mode !== undefined && `mode ${mode}`,
      vlan?.id !== undefined && `VLAN ${vlan.id}`,
      mtu !== 0 && `MTU ${mtu}`,
    ];
    return parts.filter((part) => part !== false).join(", ");
  }

  compare(): Standing {
    const { parent: where } = this.#wanted;
    const parent = where === undefined ? undefined : findParent(this.#namespaces, where);
    if (parent !== undefined) this.#checkMtu(parent);
    const { ifName } = this.#owner;
    if (this.#namespaces.containerLinks.get({ name: ifName }) !== undefined) throw taken(ifName);
    return made();
  }

  apply(rollback: Rollback): void {
    const { containerLinks } = this.#namespaces;
    const { parent: where } = this.#wanted;
    const parent = where === undefined ? undefined : findParent(this.#namespaces, where);
    if (parent !== undefined) this.#checkMtu(parent);
    const index = this.#create(parent, rollback);
    rollback.defer(() => containerLinks.delete(index));
    this.#nameAndMark(index);
  }

  check(): void {
    this.link();
  }

  /**
   * @throws CniError of code 50 or 51 when the kernel or the parent does not serve, of code 7 when the
   * parent's MTU is too small for the configured one
   */
  ready(): void {
    if (!kernelHas(this.#namespaces.host, this.#kind)) throw kindMissing(this.#kind);
    const { parent, isChained } = this.#wanted;
    if (parent === undefined || isChained === true) return;
    const found = requireParent(this.#namespaces, parent);
    if (found !== undefined) this.#checkMtu(found);
  }

  /**
   * The link as the kernel has it.
   * @throws a CHECK's error when it is missing or another one
   */
  link(): link.Link {
    return checkLink(this.#namespaces, this.#owner.ifName, this.#kind, this.#wanted);
  }

  #checkMtu(parent: link.Link): void {
    const { mtu, mtuWithinParent } = this.#wanted;
    if (mtuWithinParent !== true || (mtu >= 0 && mtu <= parent.mtu)) return;
    const msg = `invalid MTU ${mtu}, must be [0, master MTU(${parent.mtu})]`;
    throw invalidConfig(msg);
  }

  /**
   * Makes the link under a temporary name and gives its index in the container. Kernels look for a
   * new link's name in the namespace of the caller, too, where CNI_IFNAME is often taken.
   */
  #create(parent: link.Link | undefined, rollback: Rollback): number {
    const { containerLinks } = this.#namespaces;
    // Opened before there is anything to be taken back by it.
    void this.#namespaces.container;
    for (const name of linkNames("tmp", this.#owner)) {
      if (!this.#tryName(name, parent, rollback)) continue;
      const made = containerLinks.get({ name });
      if (made !== undefined) return made.index;
      const msg = `the ${this.#kind} link vanished right after it was made`;
      throw new CniError(ErrorCode.IO_FAILURE, msg);
    }
    throw tryAgain(`no free name for the ${this.#kind} link: ${NAME_ATTEMPTS} names are taken`);
  }

  /** False when another link has the name. */
  #tryName(name: string, parent: link.Link | undefined, rollback: Rollback): boolean {
    const takeBack = (): void => deleteOfKind(this.#namespaces, name, this.#kind);
    try {
      this.#request(name, parent);
    } catch (error) {
      // The kernel may have made the link when only its answer is lost.
      if (!isKernelError(error, Errno.EEXIST)) {
        rollback.defer(takeBack);
        throw this.#explain(parent, error);
      }
      // What an ADD of this very attachment has left when it was killed.
      takeBack();
      if (!this.#tryAgain(name, parent)) return false;
    }
    rollback.defer(takeBack);
    return true;
  }

  #tryAgain(name: string, parent: link.Link | undefined): boolean {
    try {
      this.#request(name, parent);
      return true;
    } catch (error) {
      const isTaken = isKernelError(error, Errno.EEXIST) && this.#isTaken(name);
      if (isTaken) return false;
      throw this.#explain(parent, error);
    }
  }

  #request(name: string, parent: link.Link | undefined): void {
    this.#creationSocket.netlink.request(this.#newMessage(name, parent), `add link ${name}`);
  }

  #isTaken(name: string): boolean {
    const { hostLinks, containerLinks } = this.#namespaces;
    const views = this.#onHost ? [hostLinks, containerLinks] : [containerLinks];
    return views.some((links) => links.get({ name }) !== undefined);
  }

  #explain(parent: link.Link | undefined, error: unknown): unknown {
    const vlanId = this.#wanted.settings.vlan?.id;
    const refused = { namespaces: this.#namespaces, kind: this.#kind, vlanId, parent };
    return explain({ ...refused, onHost: this.#onHost }, error);
  }

  #newMessage(name: string, parent: link.Link | undefined): Parameters<RouteSocket["batch"]>[0][0] {
    const { mtu, mac, settings } = this.#wanted;
    const address = mac === "random" ? randomMac() : mac;
    return link.newMessage({
      name,
      kind: this.#kind,
      ...settings,
      ...(mtu === 0 ? {} : { mtu }),
      ...defined({ address: address?.toString(), linkIndex: parent?.index }),
      ...(this.#onHost ? { netns: this.#namespaces.netns } : {}),
    });
  }

  /** Its name, its owner's mark, and what a link takes only when it exists. */
  #nameAndMark(index: number): void {
    const { mac, settings } = this.#wanted;
    const owner = this.#owner;
    // A link that passes everything through starts with its parent's MAC, whatever was asked for.
    const late = settings.macvlan?.mode === "passthru" && mac !== undefined && mac !== "random";
    try {
      this.#namespaces.containerLinks.set(index, {
        name: owner.ifName,
        alias: ownerComment(owner),
        ...(late ? { address: mac.toString() } : {}),
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      throw taken(owner.ifName, error);
    }
    if (this.#kind !== "macvlan" && this.#kind !== "ipvlan") return;
    setBestEffort(`net/ipv6/conf/${owner.ifName}/ndisc_notify`, "1", this.#namespaces);
  }

  /** Whether the link's parent is on the host, so that the host's socket has to make it. */
  get #onHost(): boolean {
    const { parent } = this.#wanted;
    return parent !== undefined && !parent.inContainer;
  }

  get #creationSocket(): RouteSocket {
    return this.#onHost ? this.#namespaces.host : this.#namespaces.container;
  }
}

function taken(ifName: string, cause?: unknown): CniError {
  return new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    `interface ${JSON.stringify(ifName)} already exists in the container`,
    { details: "CNI_IFNAME must be free in the container; was DEL called?", cause },
  );
}

function parentText({ name, inContainer }: Parent): string {
  const link = name === "" ? "the interface of the default route" : name;
  return inContainer ? `${link} of the container` : link;
}
