/** `bun enter.ts SCRATCH KEPT COMMAND ...`, in a mount namespace of its own: hides programs, and runs the command. */
import { linkSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { hiddenPrograms } from "./hidden.ts";

const [scratch = "", kept = "", ...argv] = process.argv.slice(2);

/**
 * A directory of whiteouts lies over each directory of programs: both are layers of an overlay that
 * can only be read. A whiteout is a device 0/0, and all are names of one.
 */
function hide(): void {
  const hidden = hiddenPrograms(kept.split(","));
  must("mount", "-t", "tmpfs", "none", scratch);
  const whiteout = join(scratch, "whiteout");
  must("mknod", whiteout, "c", "0", "0");
  for (const [at, [directory, names]] of [...hidden].entries()) {
    if (names.length === 0) continue;
    const mask = join(scratch, `${at}`);
    for (const path of names.map((name) => join(mask, name))) {
      mkdirSync(dirname(path), { recursive: true });
      linkSync(whiteout, path);
    }
    const layers = `lowerdir=${mask}:${directory}`;
    must("mount", "-t", "overlay", "-o", layers, "none", directory);
  }
}

function must(...words: readonly string[]): void {
  const { success, stderr } = Bun.spawnSync([...words], { stdout: "ignore" });
  if (!success) throw new Error(`bare: ${words.join(" ")}: ${stderr.toString().trim()}`);
}

hide();
const child = Bun.spawn(argv, { stdio: ["inherit", "inherit", "inherit"] });
// The terminal sends these to the whole group; this process waits for what the command makes of them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => child.kill(signal));
}
process.exitCode = await child.exited;
