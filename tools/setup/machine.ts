import { existsSync, readFileSync } from "node:fs";
import { cacheDirectory } from "../cache.ts";
import type { Manager } from "./packages.ts";

/** What `npm run setup` asks of a machine, and does to it. */
export interface Machine {
  /** Undefined where none is known. */
  readonly manager: "apt" | Manager | undefined;
  readonly isRoot: boolean;
  /** Whether a program or path is there. */
  has(program: string): boolean;
  /** Runs a program and gives its output; undefined when it fails. */
  ask(argv: readonly string[]): string | undefined;
  /** Runs a program, its output for people to see; false when it fails. */
  run(argv: readonly string[]): boolean;
  /** Whether the kernel of the lab has been downloaded: the list of packages has to be new for that. */
  readonly hasLabKernel: boolean;
}

const MANAGERS = { apt: "apt-get", dnf: "dnf", pacman: "pacman", apk: "apk", zypper: "zypper" };

/** The machine that this process runs on; `isDry` runs nothing that changes it. */
export function thisMachine(isDry: boolean): Machine {
  // A user's PATH may lack the directories in which root's programs lie.
  const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const has = (program: string): boolean =>
    program.startsWith("/") ? existsSync(program) : Bun.which(program, { PATH }) !== null;
  const names = Object.entries(MANAGERS) as [NonNullable<Machine["manager"]>, string][];
  return {
    manager: names.find(([, program]) => has(program))?.[0],
    isRoot: process.getuid?.() === 0,
    has,
    ask([program = "", ...words]) {
      if (!has(program)) return undefined;
      const { success, stdout } = Bun.spawnSync([program, ...words], { stderr: "ignore" });
      return success ? stdout.toString() : undefined;
    },
    run(argv) {
      if (isDry) return true;
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      return Bun.spawnSync([...argv], { env, stdio: ["inherit", "inherit", "inherit"] }).success;
    },
    hasLabKernel: existsSync(cacheDirectory("kernels")),
  };
}

/** The name and version of the system, for people. */
export function systemName(path: string = "/etc/os-release"): string {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "this system";
}
