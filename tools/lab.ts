/**
 * `npm run test:lab`: the kernel tests on a kernel that has every kind of link, in an emulated
 * machine. `npm run test:lab -- vlan -t "name"`: as with `npm test`, a part of them. `--suite bullseye`: on
 * the kernel of that suite of Debian.
 * `npm run test:arm64` (`npm run test:lab -- --arch arm64`): on an emulated machine of that architecture.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ARCHITECTURES, HERE, targetOf } from "./build/architecture.ts";
import { build, buildFor } from "./build/build.ts";
import { bunFor } from "./build/bun.ts";
import { isSuiteName } from "./lab/apt.ts";
import type { Foreign } from "./lab/contents.ts";
import type { JobFile } from "./lab/job.ts";
import { runLab } from "./lab/lab.ts";
import { type LabMachine, labMachine } from "./lab/machine.ts";
import { allForLab, forArchitecture, inWorld } from "./lab/selection.ts";
import { findUserland } from "./lab/userland.ts";
import { judgeTable } from "./plugin-table/judge.ts";
import { ROOT, testFiles } from "./test/files.ts";
import { exitCode, judgeSkips, type Outcome, summary } from "./test/outcome.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "test-name-pattern": { type: "string", short: "t" },
    arch: { type: "string", default: HERE },
    suite: { type: "string" },
  },
});
const { suite } = values;
const arch = ARCHITECTURES.find((each) => each === values.arch);
if (arch === undefined) refuse(`--arch is one of ${ARCHITECTURES.join(", ")}`);
if (suite !== undefined && !isSuiteName(suite)) {
  refuse(`${JSON.stringify(suite)} names no suite of Debian`);
}
const all = await testFiles(positionals);
const outcomes = judgeSkips(await (arch === HERE ? here() : elsewhere(labMachine(arch))));
// The table of the plugins tells of kernels, not of machines.
if (arch === HERE) judgeTable([], outcomes, false);
console.log(summary(outcomes));
process.exitCode = exitCode(outcomes);

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}

async function here(): Promise<Outcome[]> {
  const found = all.filter(({ kind }) => inWorld(kind));
  const files = positionals.length === 0 ? allForLab(found) : found;
  if (files.length > 0) await build();
  return await runLab(jobOf(files), { suite });
}

async function elsewhere(machine: LabMachine): Promise<Outcome[]> {
  const chosen = positionals.length > 0 || values["test-name-pattern"] !== undefined;
  const files = chosen ? jobOf(all) : forArchitecture(all);
  return await runLab(files, { machine, suite, foreign: await foreignParts(machine) });
}

function jobOf(files: readonly JobFile[]): JobFile[] {
  const name = values["test-name-pattern"];
  return files.map(({ path }) => ({ path, ...(name === undefined ? {} : { name }) }));
}

/** Another architecture's build, Bun and programs. */
async function foreignParts(machine: LabMachine): Promise<Foreign> {
  const dist = join(ROOT, ".cache", `dist-${machine.arch}`);
  await buildFor({ arch: machine.arch, out: dist });
  const bun = await bunFor(targetOf(machine.arch));
  const userland = await findUserland(machine);
  return { dist, bun: bun ?? process.execPath, userland };
}
