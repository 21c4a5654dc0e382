import type { Mac } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { link } from "../../../kernel/route/index.ts";
import {
  Errno,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN_EXCL,
  isKernelError,
  openTun,
  setTunGroup,
  setTunInterface,
  setTunOwner,
  setTunPersistent,
} from "../../../kernel/sys/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { makeLabelledTap } from "./labelled.ts";
import { findTap, isTap } from "./remove.ts";
import { noTun } from "./unavailable.ts";

/** What a tap should be. */
export interface TapLink {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** For the program that makes a tap of another SELinux context. */
  readonly env: Readonly<Record<string, string>>;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** A random one when absent. */
  readonly mac?: Mac | undefined;
  readonly multiQueue: boolean;
  /** User who may attach to it without privilege. */
  readonly uid?: number | undefined;
  /** Group whose members may attach to it without privilege. */
  readonly gid?: number | undefined;
  /** Name of a bridge in the container that it becomes a port of; "" for none. */
  readonly bridge: string;
  /** SELinux context of the process that makes it; "" for our own. */
  readonly selinuxContext: string;
}

type Property = number | boolean | undefined;

/** A tap `ifName` in the container's namespace, for a program there to attach to; it is down. */
export class TapStep implements Step {
  readonly name = "tap";
  readonly #tap: TapLink;

  constructor(tap: TapLink) {
    this.#tap = tap;
  }

  describe(): string {
    const { owner, multiQueue, uid, gid, mtu, bridge, selinuxContext } = this.#tap;
    const parts = [
      `${owner.ifName} in the container`,
      multiQueue && "several queues",
      uid !== undefined && `user ${uid}`,
      gid !== undefined && `group ${gid}`,
      mtu !== 0 && `MTU ${mtu}`,
      bridge !== "" && `port of ${bridge}`,
      selinuxContext !== "" && `context ${selinuxContext}`,
    ];
    return parts.filter((part) => part !== false).join(", ");
  }

  async apply(): Promise<Revert> {
    const { namespaces, owner, selinuxContext } = this.#tap;
    const before = namespaces.containerLinks.get({ name: owner.ifName });
    if (before !== undefined) throw this.#taken();
    const master = this.#master()?.index;
    const index = selinuxContext === "" ? this.#make(master) : await this.#makeLabelled(master);
    return () => namespaces.containerLinks.delete(index);
  }

  check(): void {
    this.link();
  }

  /** The tap as the kernel has it. Throws when it is missing or another one. */
  link(): link.Link {
    const { namespaces, owner, uid, gid, multiQueue } = this.#tap;
    const found = namespaces.containerLinks.get({ name: owner.ifName });
    if (found === undefined) {
      throw differs(`interface ${owner.ifName} is missing in the container`);
    }
    if (!isTap(found)) throw differs(`interface ${owner.ifName} is no tap`);
    const compare = (what: string, wanted: Property, actual: Property): void => {
      if (wanted === actual) return;
      const text = `${what} of ${owner.ifName} is ${String(actual ?? "none")}`;
      throw differs(`${text} instead of ${String(wanted ?? "none")}`);
    };
    compare("user", uid, found.tun?.owner);
    compare("group", gid, found.tun?.group);
    compare("multiQueue", multiQueue, found.tun?.multiQueue);
    this.#compareMaster(found);
    return found;
  }

  /** Deletes the tap of the attachment, also one that the container renamed. */
  async undo(): Promise<void> {
    const { namespaces, owner } = this.#tap;
    if (namespaces.netns === undefined) return;
    const found = findTap(namespaces, owner);
    if (found !== undefined) await namespaces.deleteLinkInside(found.index);
  }

  /**
   * Makes the tap by our own descriptor. It lasts only from the last call on: whatever happens
   * before, it goes with the descriptor.
   */
  #make(master: number | undefined): number {
    const { namespaces, owner, multiQueue, uid, gid } = this.#tap;
    using fd = this.#open();
    const queues = multiQueue ? IFF_MULTI_QUEUE : 0;
    try {
      setTunInterface(fd, owner.ifName, IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | queues);
    } catch (error) {
      throw isKernelError(error, Errno.EBUSY, Errno.EEXIST) ? this.#taken(error) : error;
    }
    if (uid !== undefined) setTunOwner(fd, uid);
    if (gid !== undefined) setTunGroup(fd, gid);
    const index = this.#finish(master);
    try {
      setTunPersistent(fd, true);
    } catch (error) {
      throw afterCleanup(error, () => namespaces.containerLinks.delete(index));
    }
    return index;
  }

  async #makeLabelled(master: number | undefined): Promise<number> {
    const { namespaces, owner, selinuxContext } = this.#tap;
    if (namespaces.netns === undefined) throw new Error("ADD has a namespace");
    await makeLabelledTap(this.#tap, namespaces.netns, selinuxContext);
    try {
      return this.#finish(master);
    } catch (error) {
      throw afterCleanup(error, () => {
        const made = namespaces.containerLinks.get({ name: owner.ifName });
        if (made !== undefined && isTap(made)) namespaces.containerLinks.delete(made.index);
      });
    }
  }

  #open(): ReturnType<typeof openTun> {
    try {
      const open = this.#tap.namespaces.netns?.run(openTun);
      if (open === undefined) throw new Error("ADD has a namespace");
      return open;
    } catch (error) {
      throw noTun(error) ?? error;
    }
  }

  /** Gives the new tap the properties that netlink sets. */
  #finish(master: number | undefined): number {
    const { namespaces, owner, mtu, mac } = this.#tap;
    const made = namespaces.containerLinks.get({ name: owner.ifName });
    if (made === undefined) {
      throw new CniError(ErrorCode.IO_FAILURE, `${owner.ifName} vanished right after it was made`);
    }
    try {
      namespaces.containerLinks.set(made.index, {
        address: (mac ?? randomMac()).toString(),
        alias: ownerComment(owner),
        ...(mtu === 0 ? {} : { mtu }),
        ...defined({ master }),
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EINVAL, Errno.EADDRNOTAVAIL, Errno.EOPNOTSUPP)) throw error;
      const { message } = error;
      throw new CniError(
        ErrorCode.INVALID_NETWORK_CONFIG,
        `failed to set up tap ${owner.ifName}: ${message}`,
        { cause: error },
      );
    }
    return made.index;
  }

  #master(): link.Link | undefined {
    const { namespaces, bridge } = this.#tap;
    if (bridge === "") return undefined;
    const found = namespaces.containerLinks.get({ name: bridge });
    if (found?.kind === "bridge") return found;
    const why = found === undefined ? "there is none in the container" : "it is no bridge";
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `failed to get bridge ${JSON.stringify(bridge)}: ${why}`,
    );
  }

  #compareMaster(found: link.Link): void {
    const { namespaces, bridge, owner } = this.#tap;
    if (bridge === "") return;
    const master = namespaces.containerLinks.get({ name: bridge });
    if (master === undefined) throw differs(`bridge ${bridge} is missing in the container`);
    if (found.master !== master.index) {
      throw differs(`interface ${owner.ifName} is no port of bridge ${bridge}`);
    }
  }

  #taken(cause?: unknown): CniError {
    return new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `interface ${JSON.stringify(this.#tap.owner.ifName)} already exists in the container`,
      { details: "CNI_IFNAME must be free in the container; was DEL called?", cause },
    );
  }
}
