import { existsSync } from "node:fs";
import type { Netns } from "../../../kernel/netns/index.ts";
import { Errno, isKernelError, O_RDWR, open, write } from "../../../kernel/sys/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { WantedTap } from "./wanted.ts";

/** SELinux judges a tap by the context of the process that made it. */
const SELINUX_FS = "/sys/fs/selinux/enforce";
const EXEC_CONTEXT = "/proc/thread-self/attr/exec";
const TIMEOUT_MS = 20_000;

/** Whether the kernel of this host judges by SELinux contexts. */
export function isSelinuxEnabled(): boolean {
  return existsSync(SELINUX_FS);
}

/** @throws CniError of code 50 on a host without SELinux. */
export function selinuxReady(): void {
  if (isSelinuxEnabled()) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    '"selinuxContext" is set, but SELinux is not enabled on this host',
  );
}

/** What of a tap the program `ip` sets. */
type TuntapSettings = Pick<WantedTap, "multiQueue" | "uid" | "gid">;

/** The arguments of `ip` that make the tap of an attachment. */
export function tuntapWords(ifName: string, { multiQueue, uid, gid }: TuntapSettings): string[] {
  return [
    ...["tuntap", "add", "mode", "tap", "name", ifName],
    ...(multiQueue ? ["multi_queue"] : []),
    ...(uid === undefined ? [] : ["user", String(uid)]),
    ...(gid === undefined ? [] : ["group", String(gid)]),
  ];
}

/**
 * Makes the tap in a process of another SELinux context. That takes a program: policies let a
 * process enter a context by running one, and hardly ever without.
 */
export async function makeLabelledTap(
  netns: Netns,
  ifName: string,
  wanted: TuntapSettings & Pick<WantedTap, "selinuxContext">,
  env: Context["env"],
): Promise<void> {
  const { selinuxContext: context } = wanted;
  if (!isSelinuxEnabled()) {
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `"selinuxContext" is ${JSON.stringify(context)}, but SELinux is not enabled on this host`,
      { details: "leave it out where there is no SELinux" },
    );
  }
  await runInside(netns, ["ip", ...tuntapWords(ifName, wanted)], env, context);
}

/**
 * Runs a program to its end in a network namespace and, unless "", an SELinux context: a new
 * process has both of the thread that made it.
 */
export async function runInside(
  netns: Netns,
  [name = "", ...args]: readonly string[],
  env: Context["env"],
  context: string = "",
): Promise<void> {
  // Loaded when a program is run, which is rare.
  const { spawnSync } = await import("node:child_process");
  const options = { env: { ...env }, encoding: "utf8", timeout: TIMEOUT_MS } as const;
  const start = (): ReturnType<typeof spawnSync> => {
    return netns.run(() => spawnSync(name, args, options));
  };
  const { error, status, stderr } = context === "" ? start() : inContext(context, start);
  if (error !== undefined) {
    const isMissing = "code" in error && error.code === "ENOENT";
    const code = isMissing ? ErrorCode.PLUGIN_NOT_AVAILABLE : ErrorCode.IO_FAILURE;
    const why = isMissing ? "it is not installed" : error.message;
    throw new CniError(code, `run ${name}: ${why}`);
  }
  if (status === 0) return;
  throw new CniError(ErrorCode.IO_FAILURE, `${name} failed: ${String(stderr).trim()}`);
}

/** Nothing else runs in between: other programs of this thread must not have the context. */
function inContext<T>(context: string, action: () => T): T {
  setExecContext(context);
  try {
    return action();
  } finally {
    setExecContext("");
  }
}

/** setexeccon(3): the context that programs of this thread are run in; "" takes it back. */
function setExecContext(context: string): void {
  try {
    using file = open(EXEC_CONTEXT, O_RDWR);
    write(file, new TextEncoder().encode(context === "" ? "" : `${context}\0`));
  } catch (error) {
    if (!isKernelError(error, Errno.EINVAL, Errno.EACCES, Errno.EPERM)) throw error;
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `SELinux refuses the context ${JSON.stringify(context)}: ${error.message}`,
      { cause: error },
    );
  }
}
