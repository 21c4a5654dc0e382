import type { Netns } from "../../../kernel/netns/index.ts";
import { rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import { sleep } from "../../../state/index.ts";
import { Namespaces } from "../../../state/namespaces/index.ts";
import {
  bringHome,
  type DeviceHints,
  findInContainer,
  findOnHost,
  type Homeward,
  isHome,
  nameAtHome,
} from "./home.ts";
import type { DeviceRecord, DeviceRecords } from "./record.ts";

/** Longest wait for the kernel to bring a device out of a namespace that ended, and between looks. */
const TIMEOUT_MS = 2_000;
const PAUSE_MS = 20;

/** Whose device goes home, and what helps to find it. */
export interface Release {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly records: DeviceRecords;
  readonly hints: DeviceHints;
  /** Told what a person should know. */
  readonly log: (text: string) => void;
}

/**
 * Brings the attachment's device home, wherever it is. One that is gone is fine; hardware that the
 * kernel has not brought back yet keeps its record, so that a later call finds it. Gives the name
 * that the device has on the host.
 */
export async function releaseDevice(release: Release): Promise<string | undefined> {
  const { owner, records } = release;
  const record = records.read(owner);
  const name = bringOut(release, record) ?? (await settleOnHost(release, record));
  if (record !== undefined && record.kind === "" && name === undefined) {
    records.write(owner, { ...record, isReleased: true });
    release.log(`${record.hostName} is not back yet: the next GC or ADD gives it its name`);
    return undefined;
  }
  if (record !== undefined && name !== undefined)
    restoreProperties(release.namespaces, name, record);
  records.remove(owner);
  return name;
}

/** Takes back what the container may have changed; a driver that refuses is no reason to stop. */
function restoreProperties(namespaces: Namespaces, name: string, { mac, mtu }: DeviceRecord): void {
  const now = namespaces.hostLinks.get({ name });
  if (now === undefined) return;
  const changes = [
    ...(mac !== "" && mac !== now.address ? [{ address: mac }] : []),
    ...(mtu !== 0 && mtu !== now.mtu ? [{ mtu }] : []),
  ];
  for (const change of changes) {
    try {
      namespaces.hostLinks.set(now.index, change);
    } catch {
      // Some hardware has one MAC for ever, and it may be in use by now.
    }
  }
}

/** Names devices that have come back after their DEL; says which it could not name. */
export function settleReleased(
  namespaces: Namespaces,
  records: DeviceRecords,
  log: (text: string) => void,
): void {
  for (const { owner, record } of records.all()) {
    if (!record.isReleased) continue;
    try {
      const homeward = findOnHost(namespaces, owner, record, { device: "", macs: [] });
      if (homeward === undefined) continue;
      told({ log }, homeward, nameAtHome(namespaces, homeward));
      records.remove(owner);
    } catch (error) {
      log(`${record.hostName} could not be given its name back: ${String(error)}`);
    }
  }
}

/** From the namespace of the call, or from the recorded one where the call names none. */
function bringOut(release: Release, record: DeviceRecord | undefined): string | undefined {
  if (release.namespaces.netns !== undefined) return bringFrom(release, release.namespaces, record);
  using recorded = record && openRecorded(record);
  return recorded && bringFrom(release, recorded, record);
}

function bringFrom(
  release: Release,
  namespaces: Namespaces,
  record: DeviceRecord | undefined,
): string | undefined {
  const { owner, records, hints } = release;
  const homeward = findInContainer(namespaces, owner, records, hints);
  removeRules(namespaces, record?.rules ?? []);
  if (homeward === undefined) return undefined;
  try {
    return told(release, homeward, bringHome(namespaces, homeward));
  } catch (error) {
    // It may have left while the answer was lost, or while its name was taken.
    if (findInContainer(namespaces, owner, records, hints) !== undefined) throw error;
    return undefined;
  }
}

async function settleOnHost(
  release: Release,
  record: DeviceRecord | undefined,
): Promise<string | undefined> {
  const { namespaces, owner, hints } = release;
  const mayCome = record?.kind === "" && namespaces.netns === undefined;
  for (const end = performance.now() + TIMEOUT_MS; ; await sleep(PAUSE_MS)) {
    const homeward = findOnHost(namespaces, owner, record, hints);
    if (homeward !== undefined) return told(release, homeward, nameAtHome(namespaces, homeward));
    if (record !== undefined && isHome(namespaces, record)) return record.hostName;
    if (!mayCome || performance.now() > end) return undefined;
  }
}

function told({ log }: Pick<Release, "log">, { hostName }: Homeward, name: string): string {
  if (name !== hostName) {
    log(`the host has another ${hostName} by now: the device that came home is called ${name}`);
  }
  return name;
}

/** The namespace that the record names, if it is still that one. */
function openRecorded(record: DeviceRecord): Namespaces | undefined {
  const namespaces = Namespaces.ofDel(record, () => true);
  if (namespaces.netns !== undefined && netnsId(namespaces.netns) === record.netnsId)
    return namespaces;
  namespaces[Symbol.dispose]();
  return undefined;
}

/** What tells a namespace from others while the machine runs. */
export function netnsId({ dev, ino }: Netns): string {
  return `${dev}:${ino}`;
}

/** Removes rules of a container; those that are gone are fine. */
export function removeRules(namespaces: Namespaces, rules: readonly rule.RuleSpec[]): void {
  for (const each of rules) {
    try {
      rule.delete(namespaces.container, each);
    } catch (error) {
      if (!isKernelError(error, Errno.ENOENT)) throw error;
    }
  }
}
