import { ending } from "../plugin/answer.ts";
import { SubjectError } from "../subject/index.ts";
import { type Machine, World } from "../world/index.ts";
import { type RuntimeFacts, readDescription } from "./adapter.ts";

const DESCRIBE_MS = 20_000;

/**
 * Learns what a runtime is, and what its adapter can make it do.
 * @throws SubjectError when the adapter does not say it as it should.
 */
export async function meetRuntime(
  machine: Machine,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<RuntimeFacts> {
  await using world = await World.create(machine);
  const ended = await world.run([path, "describe"], { env, timeoutMs: DESCRIBE_MS });
  if (ended.exitCode !== 0) throw new SubjectError(`\`${path} describe\` failed: ${ending(ended)}`);
  return readDescription(path, ended.stdout);
}
