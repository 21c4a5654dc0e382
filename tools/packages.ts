/**
 * `npm run packages -- --out DIR`: the .deb and the .rpm of this machine's architecture, from dist. `--level N`
 * is that of zstd.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../src/base/index.ts";
import { HERE } from "./build/architecture.ts";
import { makePackages, PackageFailure } from "./packages/index.ts";
import { headOf } from "./release/commit.ts";
import { ROOT } from "./test/files.ts";

const MS = 1000;

const { values } = parseArgs({
  options: { out: { type: "string", default: "dist/packages" }, level: { type: "string" } },
});
try {
  const paths = await makePackages({
    dist: join(ROOT, "dist"),
    out: resolve(values.out),
    version: VERSION,
    arch: HERE,
    epochSeconds: await epoch(),
    ...(values.level === undefined ? {} : { level: Number(values.level) }),
  });
  for (const path of paths) console.log(path);
} catch (error) {
  if (!(error instanceof PackageFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** That of the environment, else of the newest commit. */
async function epoch(): Promise<number> {
  const wanted = process.env["SOURCE_DATE_EPOCH"];
  if (wanted !== undefined) return Number(wanted);
  // The sources may be no repository.
  const newest = await headOf(ROOT).catch(() => undefined);
  return newest?.epochSeconds ?? Math.floor(Date.now() / MS);
}
