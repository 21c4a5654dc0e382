import { readFileSync } from "node:fs";
import type { link } from "../../../kernel/route/index.ts";
import {
  Errno,
  type Fd,
  fstat,
  isKernelError,
  mountSysfs,
  O_RDONLY,
  open,
} from "../../../kernel/sys/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * What proves that a link is the device that an ADD moved: the number of the device's directory in
 * sysfs. The kernel gives each number once in a boot, and the device keeps it when it is renamed or
 * moved to another namespace. A container can write a name, an alias, a MAC and an index, but no such
 * number. Text, as it stands in a record; "" where the kernel does not show it.
 */
export type SysfsId = string;

/** The namespaces whose devices are looked at. */
export type Where = "host" | "container";

/** Tells the number of a link; "" when the link is gone or is another one by now. */
type IdOf = (of: link.Link) => SysfsId;

/**
 * Looks at the devices of a namespace by a sysfs of its own, since /sys may be that of another.
 * Undefined where sysfs cannot be mounted: before Linux 5.2, or when it is forbidden.
 */
export function withSysfsIds<T>(
  namespaces: Namespaces,
  where: Where,
  look: (idOf: IdOf) => T,
): { readonly answer: T } | undefined {
  using sysfs = mounted(namespaces, where);
  if (sysfs === undefined) return undefined;
  return {
    answer: look((of) => idBelow(`/proc/self/fd/${sysfs.number}/class/net/${of.name}`, of)),
  };
}

function mounted(namespaces: Namespaces, where: Where): Fd | undefined {
  try {
    return where === "host" ? mountSysfs() : namespaces.inside(mountSysfs);
  } catch (error) {
    if (isKernelError(error, Errno.EPERM, Errno.EACCES, Errno.ENOSYS, Errno.ENODEV)) {
      return undefined;
    }
    throw error;
  }
}

/** Names may change between two looks, so number and index are read in the same directory. */
function idBelow(path: string, { index }: link.Link): SysfsId {
  try {
    using directory = open(path, O_RDONLY);
    const found = readFileSync(`/proc/self/fd/${directory.number}/ifindex`, "utf8").trim();
    return found === String(index) ? String(fstat(directory).ino) : "";
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT) || isGone(error)) return "";
    throw error;
  }
}

/** sysfs answers ENODEV for a file of a device that went while it was open. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENODEV";
}
