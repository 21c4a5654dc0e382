import { errorText } from "../../../base/index.ts";
import { rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { type Scene, sleep } from "../../../state/index.ts";
import { Namespaces } from "../../../state/namespaces/index.ts";
import { isSame } from "../../../state/netns-record/index.ts";
import {
  type DeviceToReturn,
  findRecorded,
  findUnrecorded,
  findUnrecordedOnHost,
  isName,
} from "./find.ts";
import { type DeviceRecord, deviceRecords } from "./record.ts";
import { renameOnHost, returnToHost } from "./return-to-host.ts";

/** Longest wait for the kernel to bring a device out of a namespace that ended, and between looks. */
const TIMEOUT_MS = 2_000;
const PAUSE_MS = 20;

/** What the kernel answers when it does not move a link: trying again does not help by itself. */
const REFUSALS = [Errno.EINVAL, Errno.EEXIST, Errno.EBUSY, Errno.EOPNOTSUPP, Errno.EPERM];

/**
 * Returns the attachment's device to the host, wherever it is. One that is gone is fine; one that has
 * to stay away for now keeps its record, so that a later call finds it. Gives the name that the device
 * has on the host.
 */
export async function releaseDevice(scene: Scene): Promise<string | undefined> {
  const { ctx, owner } = scene;
  const records = deviceRecords(ctx);
  const record = records.read(owner);
  const { name, isRefused } = await bringToHost(scene, record);
  if (record !== undefined && name === undefined && (isRefused || record.kind === "")) {
    records.write(owner, { ...record, isReleased: true });
    ctx.log(`${record.hostName} is not back yet: the next GC or ADD gives it its name`);
    return undefined;
  }
  if (record !== undefined && name !== undefined) restoreProperties(scene.namespaces, name, record);
  records.remove(owner);
  return name;
}

/** Gives devices their names that have come back after their DEL; says of which it failed. */
export function renameReleased({ ctx, namespaces }: Scene): void {
  const records = deviceRecords(ctx);
  for (const { owner, record } of records.all()) {
    if (!record.isReleased) continue;
    try {
      const device = findRecorded(namespaces, "host", record);
      if (device === undefined) continue;
      reported(ctx, device, renameOnHost(namespaces, device));
      records.remove(owner);
    } catch (error) {
      ctx.log(`${record.hostName} could not be given its name back: ${errorText(error)}`);
    }
  }
}

/**
 * Whether a container has the recorded device: its namespace is the recorded one still, and the device
 * is in it. A record alone says nothing, since both may be gone.
 */
export function isHeld(record: DeviceRecord): boolean {
  using recorded = openRecorded(record);
  return recorded !== undefined && findRecorded(recorded, "container", record) !== undefined;
}

/**
 * For ADD: ends what an earlier ADD of the attachment has left when no DEL came and its container is
 * gone. A device that has come back gets its name; of one that is gone, nothing is left but the record.
 */
export function endFormer({ ctx, namespaces, owner }: Scene, former: DeviceRecord): void {
  const device = findRecorded(namespaces, "host", former);
  if (device === undefined) {
    ctx.log(`${former.hostName}, which an earlier ADD of this attachment has moved, is gone`);
  } else {
    const name = renameOnHost(namespaces, device);
    restoreProperties(namespaces, reported(ctx, device, name), former);
  }
  deviceRecords(ctx).remove(owner);
}

interface Outcome {
  /** The device's name on the host, when it is there. */
  readonly name?: string | undefined;
  /** The device is in the container, and the kernel does not let it go. */
  readonly isRefused?: boolean;
}

/** From the namespace of the call, or from the recorded one where the call names none. */
async function bringToHost(scene: Scene, record: DeviceRecord | undefined): Promise<Outcome> {
  const isThere = scene.namespaces.netns !== undefined;
  using recorded = isThere || record === undefined ? undefined : openRecorded(record);
  const namespaces = isThere ? scene.namespaces : recorded;
  const outcome = namespaces && bringFrom({ ...scene, namespaces }, record);
  return outcome ?? { name: await nameOnHost(scene, record) };
}

/** Undefined when the device is not in the container. */
function bringFrom(scene: Scene, record: DeviceRecord | undefined): Outcome | undefined {
  const { ctx, namespaces } = scene;
  const find = (): DeviceToReturn | undefined =>
    record === undefined ? findUnrecorded(scene) : findRecorded(namespaces, "container", record);
  const device = find();
  removeRules(namespaces, record?.rules ?? []);
  if (device === undefined) {
    sayWhatStays(scene, record);
    return undefined;
  }
  try {
    const name = returnToHost(namespaces, device);
    if (record === undefined || isNow(namespaces, name, record)) {
      return { name: reported(ctx, device, name) };
    }
    // The container gave the index to another link since it was read.
    namespaces.hostLinks.set({ name }, { netns: namespaces.netns, name: device.found.name });
    return { isRefused: true };
  } catch (error) {
    // It may have left while the answer was lost, or while its name was taken.
    if (find() === undefined) return undefined;
    if (!isKernelError(error, ...REFUSALS)) throw error;
    ctx.log(`${device.hostName} stays in the container: ${error.message}`);
    return { isRefused: true };
  }
}

/** Whether the recorded device is on the host by this name. */
function isNow(namespaces: Namespaces, name: string, record: DeviceRecord): boolean {
  return findRecorded(namespaces, "host", record)?.found.name === name;
}

/** A link that looks like a device of the host, and is not proved to be one, is the container's. */
function sayWhatStays({ ctx, namespaces, owner }: Scene, record: DeviceRecord | undefined): void {
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own === undefined || !isName(own.alias)) return;
  const device = record?.hostName ?? "a device of the host";
  ctx.log(`${owner.ifName} stays in the container: nothing proves that it is ${device}`);
}

async function nameOnHost(
  scene: Scene,
  record: DeviceRecord | undefined,
): Promise<string | undefined> {
  const { ctx, namespaces } = scene;
  const mayCome = record?.kind === "" && !record.isReleased && namespaces.netns === undefined;
  for (const end = performance.now() + TIMEOUT_MS; ; await sleep(PAUSE_MS)) {
    namespaces.hostLinks.forget();
    const device =
      record === undefined ? findUnrecordedOnHost(scene) : findRecorded(namespaces, "host", record);
    if (device !== undefined) return reported(ctx, device, renameOnHost(namespaces, device));
    if (!mayCome || performance.now() > end) return undefined;
  }
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

function reported(ctx: Scene["ctx"], { hostName }: DeviceToReturn, name: string): string {
  if (name !== hostName) {
    ctx.log(`the host has another ${hostName} by now: the device that came home is called ${name}`);
  }
  return name;
}

/** The namespace that the record names, if it is still that one. */
export function openRecorded({ netns, netnsId }: DeviceRecord): Namespaces | undefined {
  const namespaces = Namespaces.ofDel(
    { netns },
    (opened) => netnsId !== undefined && isSame(netnsId, opened),
  );
  if (namespaces.netns !== undefined) return namespaces;
  namespaces[Symbol.dispose]();
  return undefined;
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
