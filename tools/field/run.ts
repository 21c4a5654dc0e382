import { availableParallelism } from "node:os";
import { checkPlugin, MachineUnfit, machineForWorlds } from "../../src/conformance/index.ts";
import type { FieldReport } from "./matrix.ts";
import type { FieldSet, FieldSubject } from "./sets.ts";

/** One run of the suite for the matrix. */

/** One seed, so that a published finding can be repeated. */
const SEED = 20_261_129;

export async function reportOf(set: FieldSet, subject: FieldSubject): Promise<FieldReport> {
  const { title } = set;
  const { name, path, file } = subject;
  try {
    const report = await checkPlugin({
      machine: machineForWorlds(process.env),
      path,
      profile: "full",
      seed: SEED,
      width: availableParallelism() * 2,
      version: "",
      command: `hawser conformance plugin ${name}`,
      ...(file === undefined ? {} : { file }),
    });
    return { title, name, report };
  } catch (error) {
    if (error instanceof MachineUnfit) return { title, name, unfit: error.message };
    throw error;
  }
}
