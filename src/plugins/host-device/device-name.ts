import { link } from "../../kernel/route/index.ts";
import { invalidConfig } from "../../state/config/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import type { DeviceRecord } from "./kind/index.ts";
import { isPciDevice, namesOfAuxiliary, namesOfPath, namesOfPci } from "./sysfs.ts";

type Find = (namespaces: Namespaces) => link.Link | undefined;

/** What is to be known of a name beside how to look it up. */
interface Parts {
  readonly label: string;
  readonly pci: string;
  readonly find: Find;
  /** Whether a record of a device that a container has is of this one, however it was asked for. */
  readonly isOf?: (record: DeviceRecord) => boolean;
  /** Whether the device is there at all, in whatever namespace. */
  readonly isAnywhere?: () => boolean;
  /** What was looked for in vain. */
  readonly missing: string;
}

/** One of the ways in which a configuration names a device. */
export class DeviceName {
  /** The device in words. */
  readonly label: string;
  /** Address of the PCI device that the configuration names; "" when it names none. */
  readonly pci: string;
  /** Looks it up on the host. */
  readonly find: Find;
  /** Whether a record of a device that a container has is of this one. */
  readonly isOf: (record: DeviceRecord) => boolean;
  /** Whether the device is there at all, in whatever namespace. */
  readonly isAnywhere: () => boolean;
  /** What was looked for in vain. */
  readonly missing: string;

  private constructor(parts: Parts) {
    this.label = parts.label;
    this.pci = parts.pci;
    this.find = parts.find;
    this.isOf = (record) => record.label === parts.label || parts.isOf?.(record) === true;
    this.isAnywhere = parts.isAnywhere ?? (() => false);
    this.missing = parts.missing;
  }

  /** By its name, or another of its names. */
  static ofLink(name: string, pci: string): DeviceName {
    if (new TextEncoder().encode(name).length > 127 || /[/\s\0]/u.test(name)) {
      const rule = 'it must have 1 to 127 bytes without "/" and white space';
      throw invalidConfig(`invalid device name ${JSON.stringify(name)}: ${rule}`);
    }
    return new DeviceName({
      label: `device ${name}`,
      pci,
      find: ({ host }) => link.get(host, { name }),
      isOf: ({ hostName }) => hostName === name,
      missing: `Link not found: ${name}`,
    });
  }

  /** The first link with this address, as `ip link` lists them. */
  static ofMac(mac: string, pci: string): DeviceName {
    return new DeviceName({
      label: `device with address ${mac}`,
      pci,
      find: ({ host }) => link.list(host).find(({ address }) => address === mac),
      isOf: (record) => record.mac === mac,
      missing: `no link has the address ${mac}`,
    });
  }

  /** By its path in the kernel's tree. */
  static ofPath(path: string, pci: string): DeviceName {
    return new DeviceName({
      label: `device at ${path}`,
      pci,
      find: firstOf(() => namesOfPath(path)),
      missing: `no network device below ${path}/net`,
    });
  }

  static ofPci(id: string): DeviceName {
    return new DeviceName({
      label: `PCI device ${id}`,
      pci: id,
      find: firstOf(() => namesOfPci(id)),
      isOf: (record) => record.pci === id,
      isAnywhere: () => isPciDevice(id),
      missing: `no net directory under pci device ${id}`,
    });
  }

  static ofAuxiliary(id: string): DeviceName {
    return new DeviceName({
      label: `auxiliary device ${id}`,
      pci: "",
      find: firstOf(() => namesOfAuxiliary(id)),
      missing: `no net directory under auxiliary device ${id}`,
    });
  }
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
