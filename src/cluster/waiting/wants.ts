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
/** Longer than any ADD waits: the maker of an older note was killed. */
const NOTE_LIFETIME_MS = 120_000;
const NAME = /^[0-9a-f-]{36}$/;

type Time = Pick<Clock, "now" | "boot">;

/**
 * Leaves a note of what an ADD waits for, where the network's member finds it.
 * @returns takes the note away when it is disposed of
 * @throws CniError of code 5
 */
export function leaveWants(
  { wants }: Pick<ClusterPaths, "wants">,
  needs: readonly Need[],
  time: Time,
): Disposable {
  const path = `${wants}/${crypto.randomUUID()}`;
  const note = { boot: time.boot, atMs: time.now(), needs: needs.slice(0, NEEDS_OF_NOTE_MAX) };
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
  const { boot, atMs } = note;
  const age = typeof atMs === "number" ? time.now() - atMs : Number.NaN;
  return boot === time.boot && age >= 0 && age < NOTE_LIFETIME_MS;
}

/** A note that is being written lies under another name for an instant. */
function removeIfOld(path: string): void {
  const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (written === undefined || Math.abs(Date.now() - written) < NOTE_LIFETIME_MS) return;
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
