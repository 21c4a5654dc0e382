/**
 * `npm run image`: the container image of the node daemon, from dist, without a download.
 * `-- --tag NAME` names it otherwise; what follows a further `--` goes to buildah.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { fillRootfs, ImageFailure } from "./image/rootfs.ts";
import { ROOT } from "./test/files.ts";

const PACKAGE = v.object({ version: v.string() });
const { version } = v.parse(PACKAGE, JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tag: { type: "string", default: `localhost/hawser:${version}` } },
});
const context = mkdtempSync(join(tmpdir(), "hawser-image-"));
try {
  await fillRootfs(join(ROOT, "dist"), join(context, "rootfs"));
  const recipe = join(ROOT, "packaging/container/Containerfile");
  const build = ["build", "--file", recipe, "--tag", values.tag, context];
  // Options for all of buildah, such as --root, stand before the word of the command.
  const child = Bun.spawn(["buildah", ...positionals, ...build], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exitCode = await child.exited;
} catch (error) {
  if (!(error instanceof ImageFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(context, { recursive: true, force: true });
}
