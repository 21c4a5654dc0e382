import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import {
  CniError,
  containerInterface,
  ErrorCode,
  type Interface,
  type Result,
} from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  missingInContainer,
  type Rollback,
  type Scene,
  type Standing,
} from "../../../state/index.ts";
import type { LinkPiece } from "../../../state/link-plugin/index.ts";
import { lastingPath } from "../../../state/namespaces/index.ts";
import { containerInterface as interfaceOf } from "../../../state/result/index.ts";
import { pciOf } from "../sysfs.ts";
import type { DeviceName } from "./device-name.ts";
import { findRecorded } from "./find.ts";
import { foundDevice } from "./found.ts";
import { deviceReady, missingDevice } from "./missing.ts";
import type { HostNetwork } from "./network.ts";
import { type DeviceRecord, deviceRecords, permanentMacOf } from "./record.ts";
import { refuseUnmovable } from "./refusal.ts";
import { endFormer, isHeld, releaseDevice, renameReleased } from "./release.ts";
import { captureState, type HostState, restoreState } from "./state.ts";
import { withSysfsIds } from "./sysfs-id.ts";
import { pciId } from "./userspace.ts";

/** Which device a container should have. */
interface WantedDevice {
  readonly device: DeviceName;
  /** What the container is to have of the host's addresses and routes. */
  readonly network: HostNetwork | undefined;
  /** For CHECK: what ADD had returned. */
  readonly promised: () => Result;
}

/** A device of the host, moved to the container and called `ifName` there. It is down. */
export const movedDevice: Kind<WantedDevice, MovedDevice> = {
  name: "device",
  want: (scene, wanted) => new MovedDevice(scene, wanted),
  async undo(scene) {
    await releaseDevice(scene);
  },
  found: foundDevice,
  stale: (scene, { network, isStale }) =>
    deviceRecords(scene.ctx)
      .store.staleRecords(network, isStale)
      .flatMap((owner) => foundDevice({ ...scene, owner })),
  async collect(scene, { network, isStale }) {
    renameReleased(scene);
    await deviceRecords(scene.ctx).store.collect(network, isStale, async (owner) => {
      await releaseDevice({ ...scene, owner });
    });
  },
};

/** The device of one attachment. */
class MovedDevice implements LinkPiece {
  readonly name = "device";
  readonly #scene: Scene;
  readonly #wanted: WantedDevice;
  #pci = "";

  constructor(scene: Scene, wanted: WantedDevice) {
    this.#scene = scene;
    this.#wanted = wanted;
  }

  describe(): string {
    const { label } = this.#wanted.device;
    return `${label} of the host becomes ${this.#scene.owner.ifName} in the container`;
  }

  /** A device that is still on its way home has another name on the host, and is not seen. */
  compare(): Standing {
    const { namespaces, ctx } = this.#scene;
    const device = this.#wanted.device.find(namespaces);
    if (device === undefined) throw missingDevice(ctx, this.#wanted.device);
    refuseUnmovable(namespaces, device);
    this.#refuseTaken();
    return changed("it is on the host");
  }

  apply(rollback: Rollback): void {
    const { ctx, namespaces, owner } = this.#scene;
    const { network } = this.#wanted;
    const device = this.#find();
    refuseUnmovable(namespaces, device);
    this.#pci = pciOf(device);
    this.#refuseTaken();
    const state = captureState(namespaces, device);
    network?.capture(namespaces, device);
    const record = this.#record(device);
    deviceRecords(ctx).write(owner, record);
    rollback.defer(async () => await this.#takeBack(record, state));
    this.#move(device);
  }

  check(): void {
    const { ctx, owner } = this.#scene;
    const own = this.link();
    const promised = containerInterface(this.#wanted.promised(), owner.ifName);
    if (promised === undefined) throw differs(`the previous result does not list ${owner.ifName}`);
    if (promised.sandbox !== ctx.netns) {
      throw differs(`the sandbox was ${promised.sandbox}, and is ${ctx.netns}`);
    }
    const hostName = deviceRecords(ctx).read(owner)?.hostName;
    if (hostName === undefined ? own.alias === undefined : own.alias !== hostName) {
      const is = own.alias === undefined ? "is missing" : `is ${JSON.stringify(own.alias)}`;
      throw differs(`the alias of ${owner.ifName}, its name on the host, ${is}`);
    }
  }

  ready(): void {
    deviceReady(this.#scene, this.#wanted.device);
  }

  /** The device in the container. */
  link(): link.Link {
    const { namespaces, owner } = this.#scene;
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    if (own !== undefined) return own;
    throw missingInContainer(owner.ifName);
  }

  containerInterface(): Interface {
    const { ctx } = this.#scene;
    return { ...interfaceOf(ctx, this.link()), ...pciId(ctx, this.#pci) };
  }

  /** A device whose namespace has ended may be on the host under another name. */
  #find(): link.Link {
    const { device } = this.#wanted;
    renameReleased(this.#scene);
    this.#endFormer();
    const found = device.find(this.#scene.namespaces);
    if (found !== undefined) return found;
    throw missingDevice(this.#scene.ctx, device);
  }

  #refuseTaken(): void {
    const { ctx, namespaces, owner } = this.#scene;
    if (namespaces.containerLinks.get({ name: owner.ifName }) !== undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `interface ${JSON.stringify(owner.ifName)} (CNI_IFNAME) already exists in the container`,
        { details: "it must be free; was DEL called?" },
      );
    }
    const former = deviceRecords(ctx).read(owner);
    if (former === undefined || former.isReleased) return;
    if (ctx.looksOnly === true && !isHeld(former)) return; // an ADD ends it before
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `an earlier ADD of this attachment has given it ${former.hostName}`,
      { details: "call DEL for it first" },
    );
  }

  /** What an earlier ADD has left counts while its container has the device. */
  #endFormer(): void {
    const { ctx, owner } = this.#scene;
    const former = deviceRecords(ctx).read(owner);
    if (former === undefined || former.isReleased || isHeld(former)) return;
    endFormer(this.#scene, former);
  }

  #record(device: link.Link): DeviceRecord {
    const { ctx, namespaces, owner } = this.#scene;
    const { netns } = namespaces;
    const { network } = this.#wanted;
    return {
      hostName: device.name,
      sysfsId: withSysfsIds(namespaces, "host", (idOf) => idOf(device))?.answer ?? "",
      linkIndex: device.linkIndex ?? 0,
      altNames: device.altNames,
      mac: device.address ?? "",
      permanentMac: permanentMacOf(device),
      kind: device.kind ?? "",
      alias: device.alias ?? "",
      mtu: device.mtu,
      label: this.#wanted.device.label,
      pci: this.#pci,
      netns: netns === undefined ? "" : lastingPath(ctx, netns),
      netnsId: netns,
      isReleased: false,
      rules: network?.rules(owner.ifName) ?? [],
    };
  }

  /** One message, so that there is no moment in which the device is in neither place. */
  #move(device: link.Link): void {
    const { namespaces, owner } = this.#scene;
    const { netns } = namespaces;
    try {
      namespaces.hostLinks.set(device.index, { netns, name: owner.ifName, alias: device.name });
    } catch (error) {
      if (isKernelError(error, Errno.ENODEV)) {
        const msg = `${device.name} was taken away just now, by another container perhaps`;
        throw new CniError(ErrorCode.TRY_AGAIN_LATER, msg, { cause: error });
      }
      if (!isKernelError(error, Errno.EINVAL, Errno.EEXIST, Errno.EOPNOTSUPP)) throw error;
      const msg = `${device.name} cannot be moved to the container: ${error.message}`;
      throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { cause: error });
    }
    if (this.link().alias === device.name) return;
    throw new CniError(ErrorCode.IO_FAILURE, `${owner.ifName} is not the device that was moved`);
  }

  /** Also when it is not known how far the move went. The record goes last: DEL could still use it. */
  async #takeBack(record: DeviceRecord, state: HostState): Promise<void> {
    const { ctx, namespaces, owner } = this.#scene;
    if (findRecorded(namespaces, "container", record) !== undefined) {
      const name = await releaseDevice(this.#scene);
      const back = name === undefined ? undefined : namespaces.hostLinks.get({ name });
      if (back !== undefined) await restoreState(namespaces, back.index, state);
    }
    deviceRecords(ctx).remove(owner);
  }
}
