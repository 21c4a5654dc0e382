import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A command with the programs of a bare machine. */

/** Runs in the mount namespace, hides the programs and starts the command. */
const ENTER = fileURLToPath(new URL("enter.ts", import.meta.url));

/** Where programs are looked for: what lies in directories of one user or language is not there. */
const SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs the command, with the programs of some packages kept; gives its exit code.
 * @throws Error where mounts are not allowed
 */
export async function runBare(
  argv: readonly string[],
  kept: readonly string[] = [],
): Promise<number> {
  if (process.getuid?.() !== 0) {
    throw new Error("bare: only root may hide programs, in a mount namespace of the command's own");
  }
  const scratch = mkdtempSync(join(tmpdir(), "hawser-bare-"));
  try {
    const inside = [
      "unshare",
      "--mount",
      process.execPath,
      ENTER,
      scratch,
      kept.join(","),
      ...argv,
    ];
    const child = Bun.spawn(inside, {
      env: bareEnvironment(process.env, Bun.which("node")),
      stdio: ["inherit", "inherit", "inherit"],
    });
    return await child.exited;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Without the promise of CI that every program is there. */
export function bareEnvironment(
  { CI: _, ...env }: Readonly<Record<string, string | undefined>>,
  node: string | null,
): Record<string, string | undefined> {
  const own = node === null ? [] : [dirname(node)];
  return { ...env, PATH: [...own, SEARCHED].join(":") };
}
