import { Prefix } from "../../../addr/index.ts";
import type { NetnsIdentity } from "../../../kernel/netns/index.ts";
import { link, type rule } from "../../../kernel/route/index.ts";
import type { Context } from "../../../plugin/index.ts";
import {
  type Attachment,
  field,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
} from "../../../spec/index.ts";
import { netnsFromJson, netnsToJson } from "../../../state/netns-record/index.ts";
import { type OwnerStore, ownerComment, ownerRecords } from "../../../state/owner/index.ts";
import type { SysfsId } from "./sysfs-id.ts";

/** What is to be known of a device of the host that a container has. */
export interface DeviceRecord {
  /** Its name on the host. */
  readonly hostName: string;
  /** Proves which link it is, whatever the container does; "" where the kernel does not show it. */
  readonly sysfsId: SysfsId;
  /** IFLA_LINK, as the index of a veth's other end; 0 for none. */
  readonly linkIndex: number;
  /** The alternative names that it had; undefined when they were not recorded. */
  readonly altNames: readonly string[] | undefined;
  /** Hardware address when it left. */
  readonly mac: string;
  /** The address that was burnt in; hardware has one. */
  readonly permanentMac: string;
  /** As the kernel calls it; "" for hardware. */
  readonly kind: string;
  /** What the alias had said before. */
  readonly alias: string;
  readonly mtu: number;
  /** What it was asked for by, in words. */
  readonly label: string;
  /** Address of the PCI device behind it; "" when none is known. */
  readonly pci: string;
  /** Path of the container's namespace. */
  readonly netns: string;
  /** Tells that namespace from a later one at the same path. */
  readonly netnsId: NetnsIdentity | undefined;
  /** DEL has been called and did not find it: the next call that finds it gives it its name. */
  readonly isReleased: boolean;
  /** Rules that were made in the container for it. */
  readonly rules: readonly rule.RuleSpec[];
}

/** The records of devices that containers have. */
export function deviceRecords(ctx: Pick<Context, "env">): DeviceRecords {
  return new DeviceRecords(ownerRecords(ctx, "host-device"));
}

class DeviceRecords {
  readonly store: OwnerStore;

  constructor(store: OwnerStore) {
    this.store = store;
  }

  write(owner: Attachment, record: DeviceRecord): void {
    const { netnsId, altNames, rules, ...rest } = record;
    this.store.write(owner, {
      ...rest,
      rules: rules.map(encodeRule),
      ...(altNames === undefined ? {} : { altNames: [...altNames] }),
      ...(netnsId === undefined ? {} : { netnsId: netnsToJson(netnsId) }),
    });
  }

  read(owner: Attachment): DeviceRecord | undefined {
    return decodeRecord(this.store.read(owner)?.data);
  }

  remove(owner: Attachment): void {
    this.store.remove(owner);
  }

  /** Every attachment that has a device, of any network. */
  all(): { readonly owner: Attachment; readonly record: DeviceRecord }[] {
    return this.store.all().flatMap((listed) => {
      const record = listed.isStale ? undefined : decodeRecord(listed.data);
      return record === undefined ? [] : [{ owner: listed, record }];
    });
  }

  /** The attachment that has the device, in words; undefined when no record tells. */
  holderOf(isWanted: (record: DeviceRecord) => boolean): string | undefined {
    const holder = this.all().find(({ record }) => isWanted(record));
    return holder && ownerComment(holder.owner);
  }
}

/** The burnt-in address of a link; "" when it has none. */
export function permanentMacOf(of: link.Link): string {
  const found = of.extra.find(({ type }) => type === link.IFLA_PERM_ADDRESS);
  return found === undefined ? "" : Buffer.from(found.payload).toString("hex");
}

function decodeRecord(data: JsonValue | undefined): DeviceRecord | undefined {
  if (data === undefined || !isObject(data)) return undefined;
  const text = (key: string): string => {
    const value = field(data, key);
    return typeof value === "string" ? value : "";
  };
  const hostName = text("hostName");
  if (hostName === "") return undefined;
  const rules = field(data, "rules");
  const altNames = field(data, "altNames");
  return {
    hostName,
    sysfsId: text("sysfsId"),
    linkIndex: numberAt(data, "linkIndex") ?? 0,
    altNames: Array.isArray(altNames) ? altNames.map(String) : undefined,
    mac: text("mac"),
    permanentMac: text("permanentMac"),
    kind: text("kind"),
    alias: text("alias"),
    mtu: numberAt(data, "mtu") ?? 0,
    label: text("label"),
    pci: text("pci"),
    netns: text("netns"),
    netnsId: netnsFromJson(field(data, "netnsId")),
    isReleased: field(data, "isReleased") === true,
    rules: Array.isArray(rules) ? rules.flatMap((each) => decodeRule(each)) : [],
  };
}

const NUMBERS = ["priority", "table", "mark", "mask", "tos", "suppressPrefixLength"] as const;

function encodeRule(spec: rule.RuleSpec): JsonObject {
  const json: JsonObject = { family: spec.family };
  for (const key of ["from", "to", "iif", "oif"] as const) {
    const value = spec[key];
    if (value !== undefined) json[key] = value.toString();
  }
  for (const key of NUMBERS) {
    const value = spec[key];
    if (value !== undefined) json[key] = value;
  }
  if (spec.invert === true) json["invert"] = true;
  return json;
}

function decodeRule(json: JsonValue): rule.RuleSpec[] {
  if (!isObject(json)) return [];
  const text = (key: string): string | undefined => {
    const value = field(json, key);
    return typeof value === "string" ? value : undefined;
  };
  const prefix = (key: string): Prefix | undefined => Prefix.tryParse(text(key) ?? "");
  const numbers = NUMBERS.map((key) => [key, numberAt(json, key)] as const);
  return [
    {
      family: numberAt(json, "family") === 6 ? 6 : 4,
      from: prefix("from"),
      to: prefix("to"),
      iif: text("iif"),
      oif: text("oif"),
      invert: field(json, "invert") === true,
      ...Object.fromEntries(numbers.filter(([, value]) => value !== undefined)),
    },
  ];
}

function numberAt(json: JsonObject, key: string): number | undefined {
  const value = field(json, key);
  return value !== undefined && isNumber(value) ? numberOf(value) : undefined;
}
