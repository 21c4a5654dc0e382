import { decodeText } from "../../bytes/index.ts";
import { Errno, KernelError, O_RDONLY, O_WRONLY, open, read, write } from "../sys/index.ts";
import { sysctlPath } from "./key.ts";

/** Runs an action in a network namespace, as a Netns does. */
interface NetnsRunner {
  run<T>(action: () => T): T;
}

/** Where sysctls are; the paths are those below /proc/sys. */
export interface SysctlFiles {
  read(path: string): string;
  write(path: string, value: string): void;
}

let files: SysctlFiles = { read: readValue, write: writeValue };

/** Tests only: sysctls are those of another kernel until the result is disposed of. */
export function replaceSysctls(other: SysctlFiles): Disposable {
  const previous = files;
  files = other;
  return {
    [Symbol.dispose](): void {
      files = previous;
    },
  };
}

// Large enough for every value but a few tables, which are read in several pieces.
const CHUNK = 4096;
const encoder = new TextEncoder();

/**
 * Value of a sysctl without its last line break. Keys under `net` belong to a network namespace:
 * that of `netns`, or the calling thread's. For the forms of a key see `sysctlPath`.
 */
export function readSysctl(key: string, netns?: NetnsRunner): string {
  const path = sysctlPath(key);
  return within(netns, `read sysctl ${key}`, () => files.read(path));
}

/** Sets a sysctl. */
export function writeSysctl(key: string, value: string, netns?: NetnsRunner): void {
  const path = sysctlPath(key);
  within(netns, `write sysctl ${key}`, () => files.write(path, value));
}

function readValue(path: string): string {
  using fd = open(path, O_RDONLY);
  const buffer = new Uint8Array(CHUNK);
  let text = "";
  for (;;) {
    const count = read(fd, buffer);
    if (count === 0) break;
    text += decodeText(buffer.subarray(0, count));
  }
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function writeValue(path: string, value: string): void {
  using fd = open(path, O_WRONLY);
  const bytes = encoder.encode(value);
  const count = write(fd, bytes);
  if (count !== bytes.length) throw new KernelError(`write ${path}`, Errno.EIO);
}

function within<T>(netns: NetnsRunner | undefined, operation: string, action: () => T): T {
  try {
    return netns === undefined ? action() : netns.run(action);
  } catch (error) {
    throw error instanceof KernelError ? error.during(operation) : error;
  }
}
