import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoName, printable } from "../../base/index.ts";
import { hiddenBy } from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { UsageError } from "../request.ts";

/** Looks at a subject before it is run, so that a slip is not taken for a fault of it. */

const HEAD_BYTES = 256;
const FORMATS = "/proc/sys/fs/binfmt_misc";

/**
 * The absolute path of an executable that can be started in a world, where `directories` are empty.
 * @throws UsageError with what is wrong
 */
export function executablePath(
  io: CliIo,
  given: string,
  directories: readonly string[] = [],
): string {
  const path = resolve(io.cwd, given);
  const said = printable(path);
  const real = realPath(path, said);
  const stat = statSync(real);
  if (stat.isDirectory()) throw new UsageError(`${said} is a directory, not an executable`);
  if (!stat.isFile()) throw new UsageError(`${said} is no file`);
  try {
    accessSync(real, constants.X_OK);
  } catch {
    throw new UsageError(`${said} is not executable: chmod +x ${said}`);
  }
  if (dirname(path).includes(":")) {
    throw new UsageError(`${said} cannot be in CNI_PATH: its directory has a ":" in its name`);
  }
  for (const each of new Set([path, real])) {
    const dir = hiddenBy(each, directories);
    if (dir === undefined) continue;
    throw new UsageError(
      `${printable(each)} cannot be seen where it is checked: ${dir} is empty or another there; ` +
        "copy it elsewhere, such as to /tmp",
    );
  }
  checkFormat(real, said);
  return path;
}

function realPath(path: string, said: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const name = errnoName(error);
    if (name === "ENOENT") throw new UsageError(`there is no ${said}`);
    throw new UsageError(`${said} cannot be reached (${name})`);
  }
}

/**
 * Runtimes start a plugin by the kernel alone. Shells, and C's execvp, also run a text without `#!`, so
 * that its author does not notice.
 */
function checkFormat(path: string, said: string): void {
  const head = beginning(path);
  if (head.startsWith("\x7fELF")) return;
  if (!head.startsWith("#!")) {
    if (hasFurtherFormats()) return;
    throw new UsageError(
      `the kernel cannot start ${said}: it is no program for Linux, and does not begin with "#!", ` +
        "such as #!/bin/sh",
    );
  }
  const [line = ""] = head.slice(2).split("\n", 1);
  const [interpreter = ""] = line.trimStart().split(/[ \t]/u, 1);
  try {
    accessSync(interpreter, constants.X_OK);
  } catch {
    const name = printable(interpreter.replace("\r", "\\r"));
    throw new UsageError(`the kernel cannot start ${said}: its interpreter "${name}" is not there`);
  }
}

/** The beginning of a file, a letter for each byte; that of a program which may not be read is ELF's. */
function beginning(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return "\x7fELF";
  }
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, readSync(fd, bytes)).toString("latin1");
  } finally {
    closeSync(fd);
  }
}

/** Whether the kernel has been taught to start files of other formats. */
function hasFurtherFormats(): boolean {
  try {
    return readdirSync(FORMATS).some((name) => name !== "register" && name !== "status");
  } catch {
    return false;
  }
}
