/**
 * `npm run image`: the container image of the node daemon, from dist, without a download.
 * `-- --tag NAME` names it otherwise, `--storage DIR` keeps it below that directory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../src/base/index.ts";
import { storageOptions } from "./image/buildah.ts";
import { fillRootfs, ImageFailure } from "./image/rootfs.ts";
import { ROOT } from "./test/files.ts";

const { values } = parseArgs({
  options: {
    tag: { type: "string", default: `localhost/hawser:${VERSION}` },
    storage: { type: "string" },
  },
});
const context = mkdtempSync(join(tmpdir(), "hawser-image-"));
try {
  await fillRootfs(join(ROOT, "dist"), join(context, "rootfs"));
  const recipe = join(ROOT, "packaging/container/Containerfile");
  const build = ["build", "--file", recipe, "--tag", values.tag, context];
  const child = Bun.spawn(["buildah", ...storageOptions(values.storage), ...build], {
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
