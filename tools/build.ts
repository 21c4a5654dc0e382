/**
 * `npm run build`: dist/hawser, dist/cni, dist/entry and dist/npm, unless they are as new as the sources.
 * `-- --arch arm64 --out DIR`: the executable, cni and entry for another machine, into a directory.
 */
import { parseArgs } from "node:util";
import { ARCHITECTURES } from "./build/architecture.ts";
import { build, buildFor } from "./build/build.ts";
import { BuildFailure } from "./build/in-place.ts";

const { values } = parseArgs({ options: { arch: { type: "string" }, out: { type: "string" } } });
const started = performance.now();
try {
  const worked = await chosen(values.arch, values.out);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const name = values.out ?? "dist";
  console.log(worked ? `${name} is built (${seconds} s)` : `${name} is up to date (${seconds} s)`);
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function chosen(name: string | undefined, out: string | undefined): Promise<boolean> {
  if (name === undefined && out === undefined) return await build();
  const arch = ARCHITECTURES.find((each) => each === name);
  if (arch === undefined || out === undefined) {
    throw new BuildFailure(`for another machine: --arch ${ARCHITECTURES.join("|")} --out DIR`);
  }
  return await buildFor({ arch, out });
}
