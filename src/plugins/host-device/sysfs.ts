import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, normalize } from "node:path";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { invalidConfig } from "../../state/config/index.ts";

const PCI_DEVICES = "/sys/bus/pci/devices";
const AUXILIARY_DEVICES = "/sys/bus/auxiliary/devices";
const KERNEL_DEVICES = "/sys/devices/";

/** Drivers that hand a PCI device to a program. */
const USERSPACE_DRIVERS: ReadonlySet<string> = new Set(["vfio-pci", "uio_pci_generic", "igb_uio"]);

const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/iu;

/**
 * Refuses what would leave the directory that it is looked up in.
 * @throws CniError of code 7.
 */
export function checkSegment(key: string, value: string): void {
  if (/^[A-Za-z0-9_.:-]{1,255}$/u.test(value) && !/^\.+$/u.test(value)) return;
  const rule = 'letters, digits, "_", ".", ":" and "-" are allowed';
  throw invalidConfig(`invalid ${key} ${JSON.stringify(value)}: ${rule}`);
}

/**
 * The path of a device in the kernel's tree, without detours.
 * @throws CniError of code 7 when it is elsewhere.
 */
export function kernelPath(path: string): string {
  const clean = path.includes("\0") ? "" : normalize(path).replace(/\/$/u, "");
  if (clean.startsWith(KERNEL_DEVICES)) return clean;
  const text = `kernel device path ${JSON.stringify(path)}`;
  throw invalidConfig(`${text} must be absolute and begin with ${KERNEL_DEVICES}`);
}

/**
 * On which bus the device of the capability is.
 * @throws CniError of code 7 when it is on none.
 */
export function busDevice(id: string): { readonly pci: string; readonly auxiliary: string } {
  checkSegment("runtimeConfig.deviceID", id);
  if (exists(`${PCI_DEVICES}/${id}`)) return { pci: id, auxiliary: "" };
  if (exists(`${AUXILIARY_DEVICES}/${id}`)) return { pci: "", auxiliary: id };
  throw invalidConfig(`runtime config DeviceID ${id} not found or unsupported`);
}

/** Whether there is such a PCI device, in whatever namespace its network device may be. */
export function isPciDevice(id: string): boolean {
  return exists(`${PCI_DEVICES}/${id}`);
}

/** Whether a PCI device is there and has a driver. */
export function hasDriver(id: string): boolean {
  return exists(`${PCI_DEVICES}/${id}/driver`);
}

/**
 * Whether the driver of a PCI device hands it to a program.
 * @throws CniError of code 7 when there is no such device, or no driver for it.
 */
export function usesUserspaceDriver(id: string): boolean {
  const path = `${PCI_DEVICES}/${id}/driver`;
  try {
    return USERSPACE_DRIVERS.has(basename(realpathSync(path)));
  } catch (cause) {
    const why = isPciDevice(id) ? "it has no driver" : "there is no such device";
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `error with host device: PCI device ${id}: ${why}`,
      { details: path, cause },
    );
  }
}

/** Names of the network devices of a PCI device, also of one behind virtio. */
export function namesOfPci(id: string): string[] {
  const device = `${PCI_DEVICES}/${id}`;
  const own = namesIn(`${device}/net`);
  if (own !== undefined) return own;
  const inner = entries(device)?.filter((name) => name.startsWith("virtio")) ?? [];
  return inner.flatMap((name) => namesIn(`${device}/${name}/net`) ?? []);
}

/** Names of the network devices of a device of the auxiliary bus. */
export function namesOfAuxiliary(id: string): string[] {
  return namesIn(`${AUXILIARY_DEVICES}/${id}/net`) ?? [];
}

/** Names of the network devices of a device, by its path. */
export function namesOfPath(path: string): string[] {
  return namesIn(`${path}/net`) ?? [];
}

/**
 * Address of the PCI device behind a link; "" when there is none. The tree may be that of another
 * namespace, with another link of that name.
 */
export function pciOf(link: { readonly name: string; readonly index: number }): string {
  const path = `/sys/class/net/${link.name}`;
  try {
    if (readFileSync(`${path}/ifindex`, "utf8").trim() !== String(link.index)) return "";
    readlinkSync(`${path}/device`);
    const segments = realpathSync(`${path}/device`).split("/");
    return segments.findLast((segment) => PCI_ADDRESS.test(segment)) ?? "";
  } catch {
    return "";
  }
}

function namesIn(directory: string): string[] | undefined {
  return isDirectory(directory) ? entries(directory) : undefined;
}

function entries(directory: string): string[] | undefined {
  try {
    return readdirSync(directory).sort();
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
