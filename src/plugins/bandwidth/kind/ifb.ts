import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { CniError } from "../../../spec/index.ts";
import {
  differs,
  type Garbage,
  type Kind,
  kept,
  made,
  type Piece,
  type Rollback,
  removed,
  type Scene,
  type Standing,
  tryAgain,
} from "../../../state/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { ifbNames, isIfbName } from "./name.ts";

/** A link of the host that is known when the pieces before have been made. */
export interface LinkFinder {
  /** @throws CniError when it is missing. */
  link(): link.Link;
}

/**
 * The device through which the container's packets are led, so that they can wait there. What it
 * wants is the host's end, whose MTU it has.
 */
export const ifbDevice: Kind<LinkFinder, IfbPiece> = {
  name: "ifb device",
  want: (scene, host) => new IfbPiece(scene, host),
  async undo(scene) {
    await scene.namespaces.deleteLinks(ownDevices(scene).map(({ index }) => index));
  },
  found: (scene) => ownDevices(scene).map(({ name }) => removed(`link ${name} on the host`)),
  async collect(scene, garbage) {
    await scene.namespaces.deleteLinks(staleDevices(scene, garbage));
  },
  stale(scene, garbage) {
    const stale = staleDevices(scene, garbage);
    const links = stale.flatMap((index) => scene.namespaces.hostLinks.get({ index }) ?? []);
    return links.map(({ name }) => removed(`link ${name} on the host`));
  },
};

/**
 * The attachment's devices, by their marks. The reference plugin's has no mark, and neither has one
 * whose ADD was killed: it counts when no other is surely the attachment's.
 */
export function ownDevices({ namespaces, owner }: Scene): link.Link[] {
  const mark = ownerComment(owner);
  const all = ifbNames(owner).flatMap((name) => {
    const found = namespaces.hostLinks.get({ name });
    return found?.kind === "ifb" ? [found] : [];
  });
  const marked = all.filter(({ alias }) => alias === mark);
  // The second name is made of the interface's, too, and no other attachment has it.
  return marked.length > 0 ? marked : all.filter(({ alias }) => alias === undefined).slice(-1);
}

/**
 * For GC: indexes of the devices of attachments that are not valid any more. A device of the
 * reference plugin has no mark, and its name does not tell whose it is: it stays.
 */
export function staleDevices({ namespaces }: Scene, { isStale }: Garbage): number[] {
  return namespaces.hostLinks
    .marked("ifb", isStale)
    .filter(({ name }) => isIfbName(name))
    .map(({ index }) => index);
}

class IfbPiece implements Piece, LinkFinder {
  readonly name = "ifb device";
  readonly #scene: Scene;
  readonly #host: LinkFinder;
  #made: link.Link | undefined;

  constructor(scene: Scene, host: LinkFinder) {
    this.#scene = scene;
    this.#host = host;
  }

  describe(): string {
    return `${this.#name}, up, for what comes from the container`;
  }

  compare(): Standing {
    const names = ifbNames(this.#scene.owner);
    const { hostLinks } = this.#scene.namespaces;
    for (const name of names) {
      const taken = hostLinks.get({ name });
      if (taken === undefined) return made();
      if (taken.alias === ownerComment(this.#scene.owner)) throw leftOver(name);
    }
    throw noFreeName(names);
  }

  apply(rollback: Rollback): void {
    const { mtu } = this.#host.link();
    const names = ifbNames(this.#scene.owner);
    if (names.some((name) => this.#make(name, mtu, rollback))) return;
    throw noFreeName(names);
  }

  restore(): void {
    const { mtu } = this.#host.link();
    const { hostLinks } = this.#scene.namespaces;
    const [device] = ownDevices(this.#scene);
    if (device === undefined) this.apply(kept);
    else hostLinks.set(device.index, { mtu, up: true });
  }

  check(): void {
    const device = this.link();
    if (!device.up) throw differs(`${device.name} is down`);
    const { mtu, name } = this.#host.link();
    if (device.mtu !== mtu) {
      throw differs(`MTU of ${device.name} is ${device.mtu}, should be ${mtu} as that of ${name}`);
    }
  }

  /**
   * The device as it was made, or as the kernel has it.
   * @throws a CHECK's error when it is missing
   */
  link(): link.Link {
    const found = this.#made ?? ownDevices(this.#scene)[0];
    if (found !== undefined) return found;
    throw differs(`ifb device ${this.#name} is missing on the host`);
  }

  get #name(): string {
    return this.#made?.name ?? ifbNames(this.#scene.owner)[0];
  }

  /** False when the name is taken by another. */
  #make(name: string, mtu: number, rollback: Rollback): boolean {
    const { namespaces, owner } = this.#scene;
    const { hostLinks } = namespaces;
    const alias = ownerComment(owner);
    // Tells the new device from another's when the kernel's answer is lost.
    const address = randomMac().toString();
    rollback.defer(() => {
      const device = hostLinks.get({ name });
      if (device?.kind === "ifb" && device.address === address) hostLinks.delete(device.index);
    });
    try {
      const made = hostLinks.create({ name, kind: "ifb", mtu, txqlen: 0, address, up: true });
      hostLinks.set(made.index, { alias });
      this.#made = made;
      return true;
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      if (hostLinks.get({ name })?.alias !== alias) return false;
      throw leftOver(name, error);
    }
  }
}

function noFreeName(names: readonly string[]): CniError {
  return tryAgain(`no free name for the ifb device: ${names.join(" and ")} are taken`);
}

function leftOver(name: string, cause?: unknown): CniError {
  return tryAgain(`${name} is left over from an earlier ADD of this attachment`, {
    details: "call DEL for it first",
    cause,
  });
}
