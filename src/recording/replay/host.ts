import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { createNetns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { MS_BIND, MS_RDONLY, mount } from "../../kernel/sys/index.ts";
import { checkIfName } from "../../spec/index.ts";

/**
 * A throwaway host: a process in namespaces of its own, whose file systems cannot be written to but for
 * empty ones. What plugins leave there ends with the process.
 */

/** Hidden by empty directories: what plugins and runtimes keep, and sockets of the machine's services. */
const HIDDEN: readonly string[] = ["/run", "/var/lib/cni", "/var/lib/hawser", "/dev/shm"];
const TMPFS = "size=64m,nr_inodes=65536,mode=755";
/** Directories that cannot be made on the machine are made in an empty parent. */
const WANTED: Readonly<Record<string, string>> = { "/var/lib/cni": "/var/lib" };
/** The kernel's file systems, which show this host's own namespaces. */
const OF_KERNEL = /^\/(?:proc|sys)(?:\/|$)/u;
/** Of a mount in `/proc/self/mountinfo`; in a user namespace the kernel lets none of them go. */
const MOUNT_FLAGS: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  noatime: 1024,
  nodiratime: 2048,
  relatime: 1 << 21,
};
const MS_REMOUNT = 32;
const NAMESPACES = ["net", "mnt"] as const;
const NAMES = /^net:\[\d+\] mnt:\[\d+\]$/u;

/** Words by which a process knows the namespaces of another. */
export function namespacesOf(pid: number | "self"): string {
  return NAMESPACES.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`)).join(" ");
}

/**
 * Makes the throwaway host of this process's namespaces, of which it is the first process.
 * @param outside the namespaces of the machine, as `namespacesOf` gave them there
 * @throws Error when this process is in one of them
 */
export function makeHost(outside: string): void {
  const own = namespacesOf("self").split(" ");
  const isKnown = NAMES.test(outside) && process.pid === 1;
  if (!isKnown || outside.split(" ").some((each) => own.includes(each))) {
    throw new Error("these are the machine's own namespaces: nothing is replayed here");
  }
  for (const { at, flags } of mounts()) {
    const readOnly = MS_REMOUNT | MS_BIND | MS_RDONLY | flags;
    if (!OF_KERNEL.test(at)) tryMount("none", at, "", readOnly, null);
  }
  if (mounts().some(({ at, flags }) => at === "/" && (flags & MS_RDONLY) === 0)) {
    throw new Error("the file systems of the machine cannot be kept from being written to");
  }
  for (const dir of HIDDEN) {
    const parent = WANTED[dir];
    if (!existsSync(dir) && parent !== undefined) {
      mount("tmpfs", parent, "tmpfs", 0, TMPFS);
      mkdirSync(dir);
    }
    if (existsSync(dir)) mount("tmpfs", dir, "tmpfs", 0, TMPFS);
  }
  mkdirSync("/run/netns");
  mkdirSync("/run/tmp");
  tryMount("sysfs", "/sys", "sysfs", 0, null);
  using socket = RouteSocket.open();
  link.set(socket, { name: "lo" }, { up: true });
}

/** A container of a throwaway host. Gives the path of its namespace. */
export function makeContainer(name: string): string {
  const path = `/run/netns/${name}`;
  createNetns(path);
  return path;
}

/**
 * Makes links by the names that a configuration has for those of the host, where there are none.
 * @returns the names of those that were made
 */
export function makeStandIns(names: readonly string[]): string[] {
  using socket = RouteSocket.open();
  return names.filter((name) => {
    const isFree = isLinkName(name) && link.get(socket, { name }) === undefined;
    return isFree && ["dummy", "veth"].some((kind) => added(socket, name, kind));
  });
}

function isLinkName(name: string): boolean {
  try {
    checkIfName(name);
    return true;
  } catch {
    return false; // the plugin will say so
  }
}

/** Few kernels have every kind of link. */
function added(socket: RouteSocket, name: string, kind: string): boolean {
  try {
    link.add(socket, { name, kind, up: true });
    return true;
  } catch {
    return false;
  }
}

interface Mount {
  readonly at: string;
  readonly flags: number;
}

/** The mounts of this process, the kernel's escapes undone. */
function mounts(): Mount[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.flatMap((line) => {
    const [, , , , at = "", options = ""] = line.split(" ");
    if (at === "") return [];
    const flags = options.split(",").reduce((sum, name) => sum | (MOUNT_FLAGS[name] ?? 0), 0);
    const path = at.replaceAll(/\\(\d{3})/gu, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    return [{ at: path, flags }];
  });
}

/** What is mounted below another mount cannot be reached, and needs no flag. */
function tryMount(
  source: string,
  target: string,
  type: string,
  flags: number,
  data: string | null,
): void {
  try {
    mount(source, target, type, flags, data);
  } catch {
    // The file system stays as it was; one in a user namespace may be one that only root changes.
  }
}
