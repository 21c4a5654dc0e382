import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../build/fingerprint.ts";
import { ROOT } from "../test/files.ts";

/**
 * Nodes of demos run what is built: it is made anew where it is not what the sources make. Gives what is
 * wrong where that fails.
 */
export async function built(): Promise<string | undefined> {
  const mark = join(ROOT, "dist", ".fingerprint");
  if (existsSync(mark) && readFileSync(mark, "utf8") === (await fingerprint(ROOT))) {
    return undefined;
  }
  process.stdout.write("The demo runs dist/hawser, which is made now.\n");
  const build = [process.execPath, join(ROOT, "tools/build.ts")];
  const child = Bun.spawn(build, { cwd: ROOT, stdout: "ignore", stderr: "inherit" });
  return (await child.exited) === 0 ? undefined : "`npm run build` has failed: see above.";
}
