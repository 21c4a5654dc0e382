import { checkPlugin, type Machine, type Outcome } from "../../src/conformance/index.ts";

/** What checks of the conformance suite, by their names, find in an executable. */
export async function outcomesOf(
  machine: Machine,
  path: string,
  checks: readonly string[],
): Promise<readonly Outcome[]> {
  const { outcomes } = await checkPlugin({
    machine,
    path,
    profile: "full",
    seed: 1,
    width: 4,
    select: ({ name }) => checks.includes(name),
    version: "0.0.0",
    command: "hawser conformance plugin",
  });
  return outcomes;
}
