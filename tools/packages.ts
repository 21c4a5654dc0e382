/**
 * `npm run packages -- --out DIR`: the .deb and the .rpm of this machine's architecture, from dist. `--level N`
 * is that of zstd.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { makePackages, PackageFailure } from "./packages/index.ts";
import { ROOT } from "./test/files.ts";
import { run } from "./test/process.ts";

const PACKAGE = v.object({ version: v.string() });
const MS = 1000;

const { values } = parseArgs({
  options: { out: { type: "string", default: "dist/packages" }, level: { type: "string" } },
});
const { version } = v.parse(PACKAGE, JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
try {
  const paths = await makePackages({
    dist: join(ROOT, "dist"),
    out: resolve(values.out),
    version,
    arch: process.arch === "arm64" ? "arm64" : "x86-64",
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
  const words = ["git", "log", "-1", "--format=%ct"];
  const { exitCode, output } = await run(words, { cwd: ROOT, timeoutSeconds: 20 });
  return exitCode === 0 ? Number(output) : Math.floor(Date.now() / MS);
}
