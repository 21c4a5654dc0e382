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
import { CniError, ErrorCode } from "../../../spec/index.ts";
import {
  differs,
  type Kind,
  made,
  missingInContainer,
  type Rollback,
  removed,
  type Scene,
  type Standing,
} from "../../../state/index.ts";
import type { LinkPiece } from "../../../state/link-plugin/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { makeLabelledTap, selinuxReady } from "./labelled.ts";
import { findTap, isTap } from "./own-tap.ts";
import { noTun, tunReady } from "./unavailable.ts";
import type { WantedTap } from "./wanted.ts";

/** A tap `ifName` in the container's namespace, for a program there to attach to; it is down. */
export const tap: Kind<WantedTap, Tap> = {
  name: "tap",
  want: (scene, wanted) => new Tap(scene, wanted),
  async undo(scene) {
    const own = ownTap(scene);
    if (own !== undefined) await scene.namespaces.deleteLinkInside(own.index);
  },
  found(scene) {
    const own = ownTap(scene);
    return own === undefined ? [] : [removed(`link ${own.name} in the container`)];
  },
};

function ownTap(scene: Scene): link.Link | undefined {
  return scene.namespaces.netns === undefined ? undefined : findTap(scene);
}

type Property = number | boolean | undefined;

/** The tap of one attachment. */
class Tap implements LinkPiece {
  readonly name = "tap";
  readonly #scene: Scene;
  readonly #wanted: WantedTap;

  constructor(scene: Scene, wanted: WantedTap) {
    this.#scene = scene;
    this.#wanted = wanted;
  }

  describe(): string {
    const { multiQueue, uid, gid, mtu, bridge, selinuxContext } = this.#wanted;
    const parts = [
      `${this.#ifName} in the container`,
      multiQueue && "several queues",
      uid !== undefined && `user ${uid}`,
      gid !== undefined && `group ${gid}`,
      mtu !== 0 && `MTU ${mtu}`,
      bridge !== "" && `port of ${bridge}`,
      selinuxContext !== "" && `context ${selinuxContext}`,
    ];
    return parts.filter((part) => part !== false).join(", ");
  }

  compare(): Standing {
    if (this.#find() !== undefined) throw this.#taken();
    void this.#master();
    return made();
  }

  async apply(rollback: Rollback): Promise<void> {
    if (this.#find() !== undefined) throw this.#taken();
    const master = this.#master()?.index;
    if (this.#wanted.selinuxContext === "") this.#make(master, rollback);
    else await this.#makeLabelled(master, rollback);
  }

  check(): void {
    this.link();
  }

  /** @throws CniError of code 50 when this host can make no such tap. */
  ready(): void {
    tunReady();
    if (this.#wanted.selinuxContext !== "") selinuxReady();
  }

  /**
   * The tap as the kernel has it.
   * @throws a CHECK's error when it is missing or another one
   */
  link(): link.Link {
    const { uid, gid, multiQueue } = this.#wanted;
    const name = this.#ifName;
    const found = this.#find();
    if (found === undefined) throw missingInContainer(name);
    if (!isTap(found)) throw differs(`interface ${name} is no tap`);
    const compare = (what: string, wanted: Property, actual: Property): void => {
      if (wanted === actual) return;
      const text = `${what} of ${name} is ${String(actual ?? "none")}`;
      throw differs(`${text} instead of ${String(wanted ?? "none")}`);
    };
    compare("user", uid, found.tun?.owner);
    compare("group", gid, found.tun?.group);
    compare("multiQueue", multiQueue, found.tun?.multiQueue);
    this.#compareMaster(found);
    return found;
  }

  get #ifName(): string {
    return this.#scene.owner.ifName;
  }

  #find(): link.Link | undefined {
    return this.#scene.namespaces.containerLinks.get({ name: this.#ifName });
  }

  /**
   * Makes the tap by a descriptor of this process. It lasts only from the last call on: whatever
   * happens before, it goes with the descriptor.
   */
  #make(master: number | undefined, rollback: Rollback): void {
    const { multiQueue, uid, gid } = this.#wanted;
    using fd = this.#open();
    const queues = multiQueue ? IFF_MULTI_QUEUE : 0;
    try {
      setTunInterface(fd, this.#ifName, IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | queues);
    } catch (error) {
      throw isKernelError(error, Errno.EBUSY, Errno.EEXIST) ? this.#taken(error) : error;
    }
    if (uid !== undefined) setTunOwner(fd, uid);
    if (gid !== undefined) setTunGroup(fd, gid);
    const { index } = this.#made();
    rollback.defer(() => this.#scene.namespaces.containerLinks.delete(index));
    this.#finish(index, master);
    setTunPersistent(fd, true);
  }

  async #makeLabelled(master: number | undefined, rollback: Rollback): Promise<void> {
    const { ctx, owner, namespaces } = this.#scene;
    if (namespaces.netns === undefined) throw new Error("ADD has a namespace");
    await makeLabelledTap(namespaces.netns, owner.ifName, this.#wanted, ctx.env);
    rollback.defer(() => {
      const made = this.#find();
      if (made !== undefined && isTap(made)) namespaces.containerLinks.delete(made.index);
    });
    this.#finish(this.#made().index, master);
  }

  #open(): ReturnType<typeof openTun> {
    try {
      return this.#scene.namespaces.inside(openTun);
    } catch (error) {
      throw noTun(error) ?? error;
    }
  }

  #made(): link.Link {
    const made = this.#find();
    if (made !== undefined) return made;
    throw new CniError(ErrorCode.IO_FAILURE, `${this.#ifName} vanished right after it was made`);
  }

  /** Gives the new tap the properties that netlink sets. */
  #finish(index: number, master: number | undefined): void {
    const { namespaces, owner } = this.#scene;
    const { mtu, mac } = this.#wanted;
    try {
      namespaces.containerLinks.set(index, {
        address: (mac ?? randomMac()).toString(),
        alias: ownerComment(owner),
        ...(mtu === 0 ? {} : { mtu }),
        ...defined({ master }),
      });
    } catch (error) {
      if (!isKernelError(error, Errno.EINVAL, Errno.EADDRNOTAVAIL, Errno.EOPNOTSUPP)) throw error;
      const msg = `failed to set up tap ${owner.ifName}: ${error.message}`;
      throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { cause: error });
    }
  }

  #master(): link.Link | undefined {
    const name = this.#wanted.bridge;
    if (name === "") return undefined;
    const found = this.#scene.namespaces.containerLinks.get({ name });
    if (found?.kind === "bridge") return found;
    const why = found === undefined ? "there is none in the container" : "it is no bridge";
    const msg = `failed to get bridge ${JSON.stringify(name)}: ${why}`;
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg);
  }

  #compareMaster(found: link.Link): void {
    const name = this.#wanted.bridge;
    if (name === "") return;
    const master = this.#scene.namespaces.containerLinks.get({ name });
    if (master === undefined) throw differs(`bridge ${name} is missing in the container`);
    if (found.master !== master.index) {
      throw differs(`interface ${this.#ifName} is no port of bridge ${name}`);
    }
  }

  #taken(cause?: unknown): CniError {
    return new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `interface ${JSON.stringify(this.#ifName)} already exists in the container`,
      { details: "CNI_IFNAME must be free in the container; was DEL called?", cause },
    );
  }
}
