import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode, type Result } from "../../../spec/index.ts";
import { afterRevert, differs, type Revert, type Step } from "../../../state/index.ts";
import {
  lastingPath,
  type Namespaces,
  type NamespacesCall,
} from "../../../state/namespaces/index.ts";
import type { HostNetwork } from "./network.ts";
import { type DeviceRecord, permanentMacOf } from "./record.ts";
import { refuseUnmovable } from "./refusal.ts";
import { netnsId, type Release, releaseDevice, settleReleased } from "./release.ts";
import { captureState, type HostState, restoreState } from "./state.ts";

/** Which device a container should have. */
export interface WantedDevice {
  /** In words. */
  readonly label: string;
  /** Looks the device up on the host; undefined when it is not there. */
  readonly find: (namespaces: Namespaces) => link.Link | undefined;
  /** The error of a device that is not there. */
  readonly missing: () => CniError;
}

/** An attachment by a device. */
export interface DeviceConfig extends Release {
  /** Path of the container's namespace. */
  readonly netns: string;
  /** What a long-living process lends. */
  readonly daemonServices?: NamespacesCall["daemonServices"];
  /** DEL does not need it. */
  readonly wanted?: WantedDevice | undefined;
  /** What the container is to have of the host's addresses and routes. */
  readonly network?: HostNetwork | undefined;
  /** For CHECK: what ADD had returned. */
  readonly promised?: (() => Result) | undefined;
  /** Tells which PCI device is behind a link of the host; "" for none. */
  readonly pciOf?: ((of: link.Link) => string) | undefined;
}

/** A device of the host, moved to the container and called `ifName` there. It is down. */
export class DeviceStep implements Step {
  readonly name = "device";
  readonly #config: DeviceConfig;
  #pci = "";

  constructor(config: DeviceConfig) {
    this.#config = config;
  }

  describe(): string {
    const { owner, wanted } = this.#config;
    return `${wanted?.label ?? "a device"} of the host becomes ${owner.ifName} in the container`;
  }

  async apply(): Promise<Revert> {
    const { namespaces, owner, records, network, pciOf } = this.#config;
    const device = this.#find();
    refuseUnmovable(namespaces, device);
    this.#pci = pciOf?.(device) ?? "";
    this.#refuseTaken();
    const state = captureState(namespaces, device);
    network?.capture(namespaces, device);
    const before = new Set(namespaces.containerLinks.list().map(({ index }) => index));
    const record = this.#record(device);
    records.write(owner, record);
    const revert = (): Promise<void> => this.#takeBack(record, state, before);
    try {
      this.#move(device);
      return revert;
    } catch (error) {
      throw await afterRevert(error, revert);
    }
  }

  check(): void {
    const { owner, promised, records, netns } = this.#config;
    const own = this.link();
    const all = promised?.().interfaces ?? [];
    const listed = all.filter(({ sandbox }) => sandbox !== undefined);
    const wanted = listed.find(({ name }) => name === owner.ifName);
    if (wanted === undefined) throw differs(`the previous result does not list ${owner.ifName}`);
    if (wanted.sandbox !== netns) {
      throw differs(`the sandbox was ${wanted.sandbox}, and is ${netns}`);
    }
    const hostName = records.read(owner)?.hostName;
    if (hostName === undefined ? own.alias === undefined : own.alias !== hostName) {
      const is = own.alias === undefined ? "is missing" : `is ${JSON.stringify(own.alias)}`;
      throw differs(`the alias of ${owner.ifName}, its name on the host, ${is}`);
    }
  }

  async undo(): Promise<void> {
    await releaseDevice(this.#config);
  }

  /** Address of the PCI device behind the one that was moved; "" for none. */
  get pci(): string {
    return this.#pci;
  }

  /** The device in the container. */
  link(): link.Link {
    const { namespaces, owner } = this.#config;
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    if (own !== undefined) return own;
    throw differs(`interface ${owner.ifName} is missing in the container`);
  }

  /** A device whose namespace has ended may be on the host under another name. */
  #find(): link.Link {
    const { namespaces, wanted, records, log } = this.#config;
    if (wanted === undefined) throw new Error("no device is wanted");
    settleReleased(namespaces, records, log);
    const found = wanted.find(namespaces);
    if (found !== undefined) return found;
    throw wanted.missing();
  }

  #refuseTaken(): void {
    const { namespaces, owner, records } = this.#config;
    if (namespaces.containerLinks.get({ name: owner.ifName }) !== undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `interface ${JSON.stringify(owner.ifName)} (CNI_IFNAME) already exists in the container`,
        { details: "it must be free; was DEL called?" },
      );
    }
    const former = records.read(owner);
    if (former === undefined || former.isReleased) return;
    throw new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `an earlier ADD of this attachment has given it ${former.hostName}`,
      { details: "call DEL for it first" },
    );
  }

  #record(device: link.Link): DeviceRecord {
    const { namespaces, owner, wanted, network } = this.#config;
    return {
      hostName: device.name,
      mac: device.address ?? "",
      permanentMac: permanentMacOf(device),
      kind: device.kind ?? "",
      alias: device.alias ?? "",
      mtu: device.mtu,
      label: wanted?.label ?? "",
      pci: this.#pci,
      netns: namespaces.netns === undefined ? "" : lastingPath(this.#config, namespaces.netns),
      netnsId: namespaces.netns === undefined ? "" : netnsId(namespaces.netns),
      isReleased: false,
      rules: network?.rules(owner.ifName) ?? [],
    };
  }

  /** One message, so that there is no moment in which the device belongs to nobody. */
  #move(device: link.Link): void {
    const { namespaces, owner } = this.#config;
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
  async #takeBack(
    record: DeviceRecord,
    state: HostState,
    before: ReadonlySet<number>,
  ): Promise<void> {
    const { namespaces, owner, records } = this.#config;
    const isOurs = (each: link.Link): boolean =>
      (each.alias === record.hostName || each.name === record.hostName) &&
      (each.kind ?? "") === record.kind;
    const moved = namespaces.containerLinks
      .list()
      .find((each) => !before.has(each.index) && isOurs(each));
    if (moved !== undefined) {
      const name = await releaseDevice(this.#config);
      const home = name === undefined ? undefined : namespaces.hostLinks.get({ name });
      if (home !== undefined) await restoreState(namespaces, home.index, state);
    }
    records.remove(owner);
  }
}
