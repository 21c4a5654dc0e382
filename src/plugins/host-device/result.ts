import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { atLeast, type Interface } from "../../spec/index.ts";
import type { Step } from "../../state/index.ts";
import { containerInterface } from "../../state/result/index.ts";
import type { DeviceName } from "./device-name.ts";
import { type DeviceConfig, DeviceStep } from "./kind/index.ts";
import { pciOf } from "./sysfs.ts";

/** The version of the specification that gave interfaces a `pciID`. */
const PCI_SINCE = "1.1.0";

/** A device of the host in the container. */
export class MovedDevice extends DeviceStep {
  readonly #ctx: Context;

  constructor(ctx: Context, config: DeviceConfig) {
    super({ ...config, pciOf });
    this.#ctx = ctx;
  }

  containerInterface(): Interface {
    return { ...containerInterface(this.#ctx, this.link()), ...pciId(this.#ctx, this.pci) };
  }
}

/** A device that a program of the container drives: there is no link, and nothing to do. */
export class UserspaceDevice implements Step {
  readonly name = "device";
  readonly #ctx: Context;
  readonly #device: DeviceName;

  constructor(ctx: Context, device: DeviceName) {
    this.#ctx = ctx;
    this.#device = device;
  }

  describe(): string {
    return `${this.#device.label} is left to a program of the container`;
  }

  apply(): void {}

  check(): void {}

  undo(): void {}

  link(): link.Link {
    throw new Error("a device in user space has no link");
  }

  containerInterface(): Interface {
    const { ifName, netns } = this.#ctx;
    return { name: ifName, sandbox: netns, ...pciId(this.#ctx, this.#device.pci) };
  }
}

function pciId(ctx: Context, id: string): Partial<Interface> {
  return id === "" || !atLeast(ctx.cniVersion, PCI_SINCE) ? {} : { pciID: id };
}
