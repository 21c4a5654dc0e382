import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../build/fingerprint.ts";
import { packageOf } from "../setup/packages.ts";
import { ROOT } from "../test/files.ts";

/** Programs that the nodes and the store are made of. */
const PROGRAMS = ["etcd", "etcdctl", "ip", "nft"] as const;

/** Why the demo cannot be played here, and what brings what is missing; undefined when it can. */
export async function obstacle(): Promise<string | undefined> {
  const missing = PROGRAMS.filter((name) => Bun.which(name) === null);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => packageOf(name) ?? name))];
    return (
      `A fleet needs ${missing.join(", ")}, which this machine lacks: of the Debian and Ubuntu ` +
      `packages ${packages.join(", ")}.\n\`npm run setup\` brings them.`
    );
  }
  return await built();
}

/** The nodes run what is built: it is made anew where it is not what the sources make. */
async function built(): Promise<string | undefined> {
  const mark = join(ROOT, "dist", ".fingerprint");
  if (existsSync(mark) && readFileSync(mark, "utf8") === (await fingerprint(ROOT))) {
    return undefined;
  }
  process.stdout.write("The nodes run dist/hawser, which is made now.\n");
  const build = [process.execPath, join(ROOT, "tools/build.ts")];
  const child = Bun.spawn(build, { cwd: ROOT, stdout: "ignore", stderr: "inherit" });
  return (await child.exited) === 0 ? undefined : "`npm run build` has failed: see above.";
}
