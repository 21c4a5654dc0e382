import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** What the suite needs of a machine: namespaces, and the programs by which it judges. */

/** A way to make a world, once this machine has shown that it works. */
export interface Machine {
  /** Flags of unshare. */
  readonly unshare: readonly string[];
  /** Flags of nsenter, without the target. */
  readonly nsenter: readonly string[];
  /** Search path for programs, with the directories of system programs. */
  readonly path: string;
  readonly hasNft: boolean;
  /** False in a user namespace, where some things cannot be made whatever the subject does. */
  readonly isRoot: boolean;
  /** Ends all worlds at once. */
  readonly signal?: AbortSignal;
}

/** This machine cannot run the suite: exit code 3. */
export class MachineUnfit extends Error {
  override name = "MachineUnfit";
}

const SYSTEM_DIRS = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
const NAMESPACES = ["--net", "--mount", "--pid", "--ipc"];
const HOLDING = ["--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
const AS_USER = ["--user", "--map-root-user"];
const NEEDED: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  ip: "iproute2",
};

/**
 * Tries what a world needs, without root where that is possible.
 * @throws MachineUnfit with what is missing and what to do.
 */
export function machineForWorlds(
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Machine {
  if (process.platform !== "linux") {
    throw new MachineUnfit("the suite needs Linux: a subject is driven in network namespaces");
  }
  const path = `${env["PATH"] ?? ""}:${SYSTEM_DIRS}`;
  const missing = Object.entries(NEEDED).filter(([program]) => !isThere(program, path));
  if (missing.length > 0) {
    const list = missing.map(([program, from]) => `${program} (Debian package ${from})`);
    throw new MachineUnfit(`the suite needs programs that are not here: ${list.join(", ")}`);
  }
  const isRoot = process.getuid?.() === 0;
  const reasons: string[] = [];
  for (const extra of isRoot ? [[], AS_USER] : [AS_USER]) {
    const unshare = [...extra, ...NAMESPACES, ...HOLDING];
    const trial = spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "tmpfs", "/run"], {
      encoding: "utf8",
      env: { PATH: path },
    });
    if (trial.status === 0) {
      const asUser = extra.length > 0 ? ["--user", "--preserve-credentials"] : [];
      const nsenter = [...asUser, ...NAMESPACES];
      const hasNft = isThere("nft", path);
      const isMachineRoot = extra.length === 0;
      const ends = signal === undefined ? {} : { signal };
      return { unshare, nsenter, path, hasNft, isRoot: isMachineRoot, ...ends };
    }
    reasons.push(trial.error?.message ?? trial.stderr.trim());
  }
  throw new MachineUnfit(
    `namespaces of the suite's own cannot be made here: ${reasons.join("; ")}. ` +
      "Run it as root, or allow user namespaces: sysctl -w user.max_user_namespaces=10000, " +
      "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0",
  );
}

/** Whether a program is on the search path. */
export function isThere(program: string, path: string): boolean {
  return path.split(":").some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return dir !== "";
    } catch {
      return false;
    }
  });
}
