import { availableParallelism } from "node:os";
import { VERSION } from "../../src/cli/index.ts";
import {
  checkPlugin,
  checkRuntime,
  MachineUnfit,
  machineForWorlds,
  type Report,
} from "../../src/conformance/index.ts";
import type { FieldReport } from "./matrix.ts";
import type { FieldSet, FieldSubject } from "./sets.ts";

/** One run of the suite for the matrix. */

/** One seed, so that a published finding can be repeated. */
const SEED = 20_261_129;

export async function reportOf(set: FieldSet, subject: FieldSubject): Promise<FieldReport> {
  const { title } = set;
  const { name } = subject;
  try {
    return { title, name, report: await run(subject) };
  } catch (error) {
    if (error instanceof MachineUnfit) return { title, name, unfit: error.message };
    throw error;
  }
}

async function run({ path, file, env }: FieldSubject): Promise<Report> {
  const base = {
    machine: machineForWorlds(process.env),
    path,
    profile: "full",
    seed: SEED,
    width: availableParallelism() * 2,
    version: VERSION,
  } as const;
  if (env !== undefined) {
    const inherited = { ...process.env, ...env };
    return await checkRuntime({ ...base, env: inherited, command: "hawser conformance runtime" });
  }
  const command = "hawser conformance plugin";
  return await checkPlugin({ ...base, command, ...(file === undefined ? {} : { file }) });
}
