import type { link } from "../../../kernel/route/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { atLeast, type Interface } from "../../../spec/index.ts";
import type { Scene } from "../../../state/index.ts";
import type { LinkPiece } from "../../../state/link-plugin/index.ts";
import type { DeviceName } from "./device-name.ts";
import { deviceReady } from "./missing.ts";

/** The version of the specification that gave interfaces a `pciID`. */
const PCI_SINCE = "1.1.0";

/** How a result names the PCI device behind an interface; "" for none. */
export function pciId(ctx: Context, id: string): Partial<Interface> {
  return id === "" || !atLeast(ctx.cniVersion, PCI_SINCE) ? {} : { pciID: id };
}

/**
 * A device that stays where it is: a program of the container drives it. For STATUS also one that only
 * the runtime will name.
 */
export class UserspaceDevice implements LinkPiece {
  readonly name = "device";
  readonly #scene: Scene;
  readonly #device: DeviceName | undefined;

  constructor(scene: Scene, device: DeviceName | undefined) {
    this.#scene = scene;
    this.#device = device;
  }

  describe(): string | undefined {
    const device = this.#device;
    return device && `${device.label} is left to a program of the container`;
  }

  apply(): void {
    // Nothing is moved: the piece reports that it is so.
  }

  ready(): void {
    if (this.#device !== undefined) deviceReady(this.#scene, this.#device);
  }

  link(): link.Link {
    throw new Error("a device in user space has no link");
  }

  containerInterface(): Interface {
    const { ctx } = this.#scene;
    return { name: ctx.ifName, sandbox: ctx.netns, ...pciId(ctx, this.#device?.pci ?? "") };
  }
}
