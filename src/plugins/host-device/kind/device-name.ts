import { link } from "../../../kernel/route/index.ts";
import { invalidConfig } from "../../../state/config/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { isPciDevice, namesOfAuxiliary, namesOfPath, namesOfPci } from "../sysfs.ts";
import type { DeviceRecord } from "./record.ts";

type Find = (namespaces: Namespaces) => link.Link | undefined;

/** One of the ways in which a configuration names a device. */
export interface DeviceName {
  /** The device in words. */
  readonly label: string;
  /** Address of the PCI device that the configuration names; "" when it names none. */
  readonly pci: string;
  /** Looks it up on the host. */
  readonly find: Find;
  /** Whether a record of a device that a container has is of this one, however it was asked for. */
  readonly isOf?: (record: DeviceRecord) => boolean;
  /** Whether the device is there at all, in whatever namespace. */
  readonly isAnywhere?: () => boolean;
  /** What was looked for in vain. */
  readonly missing: string;
}

/** By its name, or another of its names. */
export function deviceOfName(name: string, pci: string): DeviceName {
  if (new TextEncoder().encode(name).length > 127 || /[/\s\0]/u.test(name)) {
    const rule = 'it must have 1 to 127 bytes without "/" and white space';
    throw invalidConfig(`invalid device name ${JSON.stringify(name)}: ${rule}`);
  }
  return {
    label: `device ${name}`,
    pci,
    find: ({ host }) => link.get(host, { name }),
    isOf: ({ hostName }) => hostName === name,
    missing: `Link not found: ${name}`,
  };
}

/** The first link with this address, as `ip link` lists them. */
export function deviceOfMac(mac: string, pci: string): DeviceName {
  return {
    label: `device with address ${mac}`,
    pci,
    find: ({ host }) => link.list(host).find(({ address }) => address === mac),
    isOf: (record) => record.mac === mac,
    missing: `no link has the address ${mac}`,
  };
}

/** By its path in the kernel's tree. */
export function deviceOfPath(path: string, pci: string): DeviceName {
  return {
    label: `device at ${path}`,
    pci,
    find: firstOf(() => namesOfPath(path)),
    missing: `no network device below ${path}/net`,
  };
}

export function deviceOfPci(id: string): DeviceName {
  return {
    label: `PCI device ${id}`,
    pci: id,
    find: firstOf(() => namesOfPci(id)),
    isOf: (record) => record.pci === id,
    isAnywhere: () => isPciDevice(id),
    missing: `no net directory under pci device ${id}`,
  };
}

export function deviceOfAuxiliary(id: string): DeviceName {
  return {
    label: `auxiliary device ${id}`,
    pci: "",
    find: firstOf(() => namesOfAuxiliary(id)),
    missing: `no net directory under auxiliary device ${id}`,
  };
}

/** The tree may be that of another namespace, so a name there need not be one here. */
function firstOf(names: () => readonly string[]): Find {
  return ({ host }) => {
    for (const name of names()) {
      const found = link.get(host, { name });
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
