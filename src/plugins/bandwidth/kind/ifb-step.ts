import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { ifbNames } from "./name.ts";

/** What an ifb device should be. */
export interface IfbDevice {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** The host's end, whose MTU the device has. */
  readonly host: () => link.Link;
}

/** The device through which the container's packets are led, so that they can wait there. */
export class IfbStep implements Step {
  readonly name = "ifb device";
  readonly #device: IfbDevice;
  #madeIndex: number | undefined;
  #madeName: string | undefined;

  constructor(device: IfbDevice) {
    this.#device = device;
  }

  describe(): string {
    return `${this.#madeName ?? ifbNames(this.#device.owner)[0]}, up, for what comes from the container`;
  }

  apply(): Revert {
    const { mtu } = this.#device.host();
    for (const name of ifbNames(this.#device.owner)) {
      const revert = this.#make(name, mtu);
      if (revert !== undefined) return revert;
    }
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `no free name for the ifb device: ${ifbNames(this.#device.owner).join(" and ")} are taken`,
    );
  }

  check(): void {
    const { host } = this.#device;
    const device = this.link();
    if (!device.up) throw differs(`${device.name} is down`);
    const { mtu, name } = host();
    if (device.mtu !== mtu) {
      throw differs(`MTU of ${device.name} is ${device.mtu}, should be ${mtu} as that of ${name}`);
    }
  }

  /** Deletes the device; without it nothing comes from the container any more. */
  async undo(): Promise<void> {
    await this.#device.namespaces.deleteLinks(this.own().map(({ index }) => index));
  }

  /** The device as the kernel has it. Throws when it is missing. */
  link(): link.Link {
    const { namespaces, owner } = this.#device;
    const index = this.#madeIndex;
    const found = index === undefined ? this.own()[0] : namespaces.hostLinks.get({ index });
    if (found !== undefined) return found;
    throw differs(`ifb device ${this.#madeName ?? ifbNames(owner)[0]} is missing on the host`);
  }

  /**
   * The attachment's devices, by their marks. The reference plugin's has no mark, and neither has
   * one whose ADD was killed: it counts when there is none that is surely our own.
   */
  own(): link.Link[] {
    const { namespaces, owner } = this.#device;
    const mark = ownerComment(owner);
    const [shared, single] = ifbNames(owner).map((name) => ifbOf(namespaces, name));
    const sure = [shared, single].filter((device) => device?.alias === mark);
    // This name is made of the interface's: nobody else has it.
    if (sure.length === 0 && single !== undefined && single.alias === undefined) sure.push(single);
    if (sure.length === 0 && shared !== undefined && shared.alias === undefined) sure.push(shared);
    return sure.filter((device) => device !== undefined);
  }

  /** undefined when the name is taken by another. */
  #make(name: string, mtu: number): Revert | undefined {
    const { namespaces, owner } = this.#device;
    // Tells our device from another's when the kernel's answer is lost.
    const address = randomMac().toString();
    const revert = (): void => {
      const device = ifbOf(namespaces, name);
      if (device?.address === address) namespaces.hostLinks.delete(device.index);
    };
    try {
      const spec = { name, kind: "ifb", mtu, txqlen: 0, address, up: true };
      const index = namespaces.hostLinks.add(spec);
      namespaces.hostLinks.set(index, { alias: ownerComment(owner) });
      this.#madeIndex = index;
      this.#madeName = name;
      return () => namespaces.hostLinks.delete(index);
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw afterCleanup(error, revert);
      this.#refuseLeftover(name, error);
      return undefined;
    }
  }

  #refuseLeftover(name: string, cause: unknown): void {
    const { namespaces, owner } = this.#device;
    if (namespaces.hostLinks.get({ name })?.alias !== ownerComment(owner)) return;
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `${name} is left over from an earlier ADD of this attachment`,
      { details: "call DEL for it first", cause },
    );
  }
}

function ifbOf(namespaces: Namespaces, name: string): link.Link | undefined {
  const found = namespaces.hostLinks.get({ name });
  return found?.kind === "ifb" ? found : undefined;
}
