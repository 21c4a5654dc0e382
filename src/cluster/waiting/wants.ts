import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import type { Clock, Need } from "../../fleet/index.ts";
import { isObject, type JsonObject, type JsonValue } from "../../spec/index.ts";
import {
  ForeignFile,
  isAbsent,
  moveIntoPlace,
  orFailure,
  readOwn,
  unlinkIfThere,
  writeAside,
} from "../../state/files/index.ts";
import type { ClusterPaths } from "../config/index.ts";

/** Of notes in the directory, so many are read; an ADD whose note is not among them waits longer. */
const NOTES_MAX = 1024;
const NOTE_BYTES_MAX = 4096;
const NEEDS_OF_NOTE_MAX = 16;
const STICKY_LENGTH_MAX = 512;
/** A note so much older than its ADD waits was left by one that was killed. */
const KILLED_MS = 30_000;
/** So long an ADD waits whose note does not say so. */
const USUAL_WAIT_MS = 90_000;
/** A note that is still being written after so long was left as well. */
const WRITING_MS = 120_000;
const NAME = /^[0-9a-f-]{36}$/;

type Time = Pick<Clock, "now" | "boot">;

/**
 * Leaves a note of what an ADD waits for, where the network's member finds it.
 * @param waitMs so long the ADD waits
 * @returns takes the note away when it is disposed of
 * @throws CniError of code 5
 */
export function leaveWants(
  { wants }: Pick<ClusterPaths, "wants">,
  needs: readonly Need[],
  time: Time,
  waitMs: number,
): Disposable {
  const path = `${wants}/${crypto.randomUUID()}`;
  const { boot } = time;
  const note = { boot, atMs: time.now(), waitMs, needs: needs.slice(0, NEEDS_OF_NOTE_MAX) };
  orFailure(`cannot write ${path}`, undefined, () => {
    mkdirSync(wants, { recursive: true, mode: 0o700 });
    writeAside(`${path}.aside`, JSON.stringify(note));
    moveIntoPlace(`${path}.aside`, path);
  });
  return { [Symbol.dispose]: () => unlinkIfThere(path) };
}

/**
 * What ADDs on this node wait for now: for any address of a subnet as often as ADDs wait for one, for a
 * certain address or a name once. Notes that crashed calls have left are taken away.
 */
export function readWants({ wants }: Pick<ClusterPaths, "wants">, time: Time): Need[] {
  const plain: Need[] = [];
  const special = new Map<string, Need>();
  let count = 0;
  for (const name of namesIn(wants)) {
    if (count++ === NOTES_MAX) break;
    for (const need of readNote(`${wants}/${name}`, NAME.test(name), time)) {
      const isPlain = need.address === undefined && need.sticky === undefined;
      if (isPlain) plain.push(need);
      else special.set(JSON.stringify(need), need);
    }
  }
  return [...plain, ...special.values()];
}

function readNote(path: string, isNote: boolean, time: Time): Need[] {
  try {
    if (!isNote) {
      removeIfOld(path);
      return [];
    }
    const note = JSON.parse(readOwn(path, NOTE_BYTES_MAX)) as JsonValue;
    if (isOfNow(note, time)) {
      const { needs } = note;
      return Array.isArray(needs) ? needs.slice(0, NEEDS_OF_NOTE_MAX).flatMap(needOf) : [];
    }
    unlinkIfThere(path);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ForeignFile) unlinkIfThere(path);
  }
  return [];
}

function isOfNow(note: JsonValue, time: Time): note is JsonObject {
  if (!isObject(note)) return false;
  const { boot, atMs, waitMs } = note;
  const age = typeof atMs === "number" ? time.now() - atMs : Number.NaN;
  const longest = (typeof waitMs === "number" ? waitMs : USUAL_WAIT_MS) + KILLED_MS;
  return boot === time.boot && age >= 0 && age < longest;
}

/** A note that is being written lies under another name for an instant. */
function removeIfOld(path: string): void {
  const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (written === undefined || Math.abs(Date.now() - written) < WRITING_MS) return;
  unlinkIfThere(path);
}

function needOf(value: JsonValue): Need[] {
  if (!isObject(value)) return [];
  const { subnet, address, sticky } = value;
  if (!Number.isInteger(subnet) || (subnet as number) < 0) return [];
  if (sticky !== undefined && (typeof sticky !== "string" || sticky.length > STICKY_LENGTH_MAX)) {
    return [];
  }
  const ip = typeof address === "string" ? Ip.tryParse(address) : undefined;
  if (address !== undefined && ip === undefined) return [];
  return [{ subnet: subnet as number, ...defined({ address: ip, sticky }) }];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
