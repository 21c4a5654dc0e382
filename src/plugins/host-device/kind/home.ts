import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { type DeviceRecord, type DeviceRecords, permanentMacOf } from "./record.ts";

/** What is known of a device beside its record; all of it may be wrong by now. */
export interface DeviceHints {
  /** Name on the host, from the configuration; "" when it names none. */
  readonly device: string;
  /** Hardware addresses, of the configuration and of the previous result. */
  readonly macs: readonly string[];
}

/** A device that is to go home, and how it is called there. */
export interface Homeward {
  readonly found: link.Link;
  readonly hostName: string;
  /** What its alias had said before. */
  readonly alias: string;
}

/** Whether the link can be the recorded one: its burnt-in address decides, where it has one. */
export function isRecorded(of: link.Link, record: DeviceRecord): boolean {
  if ((of.kind ?? "") !== record.kind) return false;
  if (record.permanentMac !== "") return permanentMacOf(of) === record.permanentMac;
  return of.alias === record.hostName || of.address === record.mac;
}

/**
 * The attachment's device in its container, under whatever name. Without a record (the Go plugin
 * keeps none) it is the link of the attachment's name with an alias, or one that the hints describe.
 */
export function findInContainer(
  namespaces: Namespaces,
  owner: Attachment,
  records: DeviceRecords,
  hints: DeviceHints,
): Homeward | undefined {
  if (namespaces.netns === undefined) return undefined;
  const record = records.read(owner);
  const links = namespaces.containerLinks.list();
  if (record !== undefined) {
    const own = links.filter((each) => isRecorded(each, record));
    const marked = own.filter(({ alias }) => alias === record.hostName);
    const found = marked.find(({ address }) => address === record.mac) ?? marked[0] ?? own[0];
    return found && { found, hostName: record.hostName, alias: record.alias };
  }
  const others = records.all().map((other) => other.record);
  const free = links.filter((each) => !others.some((other) => isRecorded(each, other)));
  const named = free.find(({ name, alias }) => name === owner.ifName && isName(alias));
  const found = named ?? free.find((each) => isHinted(each, hints));
  return found && { found, hostName: found.alias ?? "", alias: "" };
}

/** The attachment's device on the host, where the end of its namespace or a lost answer left it. */
export function findOnHost(
  namespaces: Namespaces,
  owner: Attachment,
  record: DeviceRecord | undefined,
  hints: DeviceHints,
): Homeward | undefined {
  const links = namespaces.hostLinks.list();
  if (record !== undefined) {
    const { hostName, alias } = record;
    const isOurs = (each: link.Link): boolean =>
      isRecorded(each, record) && (each.alias === hostName || record.permanentMac !== "");
    const found = links.find((each) => isOurs(each) && !isAtHome(each, record));
    return found && { found, hostName, alias };
  }
  const found = links.find(
    (each) =>
      (each.name === owner.ifName || /^dev\d+$/u.test(each.name)) &&
      each.alias !== each.name &&
      isHinted(each, hints),
  );
  return found && { found, hostName: found.alias ?? "", alias: "" };
}

/** Whether the recorded device is on the host by its own name. */
export function isHome(namespaces: Namespaces, record: DeviceRecord): boolean {
  const there = namespaces.hostLinks.get({ name: record.hostName });
  return there !== undefined && isRecorded({ ...there, alias: "" }, record);
}

function isAtHome({ name, alias }: link.Link, record: DeviceRecord): boolean {
  return name === record.hostName && (alias ?? "") === record.alias;
}

/** Links that the Go plugin moved have the host's name as alias. */
function isHinted(of: link.Link, { device, macs }: DeviceHints): boolean {
  if (!isName(of.alias)) return false;
  return of.alias === device || (of.address !== undefined && macs.includes(of.address));
}

/** Whether an alias can be the name of a link; a container can write anything into it. */
function isName(alias: string | undefined): alias is string {
  return alias !== undefined && /^(?!\.{1,2}$)[^/:\s\0%]{1,15}$/u.test(alias) && alias !== "all";
}

/**
 * Brings a device out of its container, in one message: it is never on the host by another name
 * than its own, and a failure leaves it where it is. Gives the name that it has now.
 */
export function bringHome(namespaces: Namespaces, { found, hostName, alias }: Homeward): string {
  return withFreeName(namespaces, hostName, (name) => {
    const kept = name === hostName ? alias : hostName;
    const change = { netns: namespaces.hostNetns, name, alias: kept };
    namespaces.containerLinks.set(found.index, change);
  });
}

/** Gives a device that is on the host already its name back. Gives the name that it has now. */
export function nameAtHome(namespaces: Namespaces, { found, hostName, alias }: Homeward): string {
  return withFreeName(
    namespaces,
    hostName,
    (name) => {
      const kept = name === hostName ? alias : hostName;
      if (name === found.name) namespaces.hostLinks.set(found.index, { alias: kept });
      else rename(namespaces, found, name, kept);
    },
    found.index,
  );
}

/** Kernels before 6.6 rename no link that is up. */
function rename(namespaces: Namespaces, found: link.Link, name: string, alias: string): void {
  try {
    namespaces.hostLinks.set(found.index, { name, alias });
  } catch (error) {
    if (!isKernelError(error, Errno.EBUSY)) throw error;
    namespaces.hostLinks.set(found.index, { up: false });
    namespaces.hostLinks.set(found.index, { name, alias });
    namespaces.hostLinks.set(found.index, { up: true });
  }
}

const NAMES = 100;

/** Tries the name, and where a stranger has it by now `dev0`, `dev1` …, as the kernel itself does. */
function withFreeName(
  namespaces: Namespaces,
  wanted: string,
  attempt: (name: string) => void,
  own?: number,
): string {
  const names = [wanted, ...Array.from({ length: NAMES }, (_, number) => `dev${number}`)];
  for (const name of names) {
    const other = namespaces.hostLinks.get({ name });
    if (other !== undefined && other.index !== own) continue;
    try {
      attempt(name);
      return name;
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
    }
  }
  throw new Error(`no free name on the host for ${wanted}`);
}

/** Who has the device, in words; undefined when no record tells. */
export function holderOf(
  records: DeviceRecords,
  isWanted: (record: DeviceRecord) => boolean,
): string | undefined {
  const holder = records.all().find(({ record }) => isWanted(record));
  return holder && ownerComment(holder.owner);
}
