import { lstatSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { splitPath } from "../../invoke/index.ts";
import { type HostPath, hostPathsOf } from "../../plugins/registry/index.ts";
import { ENV, field, isObject, type JsonObject, type JsonValue } from "../../spec/index.ts";
import type { Request } from "../accept/index.ts";
import type { Stdin } from "./stdin.ts";

/** As many symbolic links as the kernel follows in one path. */
const LINKS_MAX = 40;
const ABSENT = "absent";

/**
 * Why this process cannot do a call in the caller's place: a path that the call works with leads the
 * caller to another file; undefined when there is none.
 *
 * A caller in another mount namespace may have other directories. The number of the namespace does not
 * say that it has: a daemon in a container is in another one by design, with the host's directories
 * mounted. So the files are compared, by device and inode number, as the caller's root leads to them.
 */
export function elsewhere(pid: number, request: Request, stdin: Stdin): string | undefined {
  const proc = `/proc/${pid}`;
  try {
    if (isSameFile(`${proc}/ns/mnt`, "/proc/self/ns/mnt") && isSameFile(`${proc}/root`, "/")) {
      return undefined;
    }
    const root = `${proc}/root`;
    const path = otherState(root, request, stdin) ?? otherDelegate(root, request, stdin);
    return path === undefined ? undefined : `${path} is another file for its caller`;
  } catch {
    return "the file system of its caller cannot be seen"; // gone, or in another PID namespace
  }
}

function otherState(root: string, { plugin, env }: Request, stdin: Stdin): string | undefined {
  const types = new Set([plugin, ...(stdin.ipam === "" ? [] : [stdin.ipam])]);
  for (const known of [...types].flatMap(hostPathsOf)) {
    const path = pathOf(known, env, stdin.config);
    if (path !== "" && isOther(root, path, known.isMade)) return path;
  }
  return undefined;
}

/** Compares the search for the delegate, up to where both find it. */
function otherDelegate(root: string, { env }: Request, { ipam }: Stdin): string | undefined {
  if (ipam === "") return undefined;
  for (const directory of splitPath(env[ENV.PATH] ?? "")) {
    const path = join(directory, ipam);
    if (isOther(root, path)) return path;
    if (identityOf("", path) !== ABSENT) return undefined;
  }
  return undefined;
}

/** "" when nothing names it, and there is no other. */
function pathOf(
  { keys = [], variable, otherwise = "" }: HostPath,
  env: Request["env"],
  config: JsonObject | undefined,
): string {
  let value: JsonValue | undefined = config;
  for (const key of keys) value = isObject(value) ? field(value, key) : undefined;
  const given = keys.length > 0 ? value : env[variable ?? ""];
  return typeof given === "string" && given !== "" ? given : otherwise;
}

function isSameFile(one: string, other: string): boolean {
  const [{ dev, ino }, theirs] = [statOf(one), statOf(other)];
  return dev === theirs.dev && ino === theirs.ino;
}

function statOf(path: string): { readonly dev: bigint; readonly ino: bigint } {
  return statSync(path, { bigint: true });
}

function isOther(root: string, path: string, isMade = false): boolean {
  return identityOf("", path, isMade) !== identityOf(root, path, isMade);
}

/**
 * What identifies the file of a path for processes with a root directory. Links are followed here:
 * the kernel would follow them from this process's own root. What is not there yet, and will be made,
 * is identified by the directory that it will be made in.
 */
function identityOf(root: string, path: string, isMade = false): string {
  const rest = path.split("/");
  let done: string[] = [];
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const next = `${root}/${[...done, part].join("/")}`;
    const status = lstatSync(next, { throwIfNoEntry: false });
    if (status === undefined) {
      return isMade ? `${numbersOf(root, done)} ${[part, ...rest].join("/")}` : ABSENT;
    }
    if (!status.isSymbolicLink()) {
      done.push(part);
      continue;
    }
    if (++links > LINKS_MAX) throw new RangeError(`too many links in ${path}`);
    const target = readlinkSync(next);
    if (target.startsWith("/")) done = [];
    rest.unshift(...target.split("/"));
  }
  return numbersOf(root, done);
}

function numbersOf(root: string, parts: readonly string[]): string {
  const { dev, ino } = statOf(`${root}/${parts.join("/")}`);
  return `${dev}:${ino}`;
}
