import type { Report } from "../check.ts";
import { runSuite, type SuiteRun } from "../run/index.ts";
import type { Machine } from "../world/index.ts";
import type { RuntimeFacts } from "./adapter.ts";
import { RUNTIME_CHECKS } from "./checks.ts";
import type { RuntimeCheck } from "./define.ts";
import { meetRuntime } from "./meet.ts";
import { RuntimeScene } from "./scene.ts";

/** The suite for runtimes: one adapter in, one report out. */

export interface RuntimeRun extends SuiteRun<RuntimeCheck> {
  readonly machine: Machine;
  /** The adapter, absolute. */
  readonly path: string;
  /** What the adapter inherits; parameters of the suite and of CNI are left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onSubject?: (facts: RuntimeFacts) => void;
}

/**
 * @throws MachineUnfit when no world can be made.
 * @throws SubjectError when the adapter does not describe its runtime.
 */
export async function checkRuntime(run: RuntimeRun): Promise<Report> {
  const started = performance.now();
  const { machine, path } = run;
  const env = inherited(run);
  const facts = await meetRuntime(machine, path, env);
  run.onSubject?.(facts);
  const { name, version, versions } = facts;
  return await runSuite<RuntimeScene, RuntimeFacts, RuntimeCheck>(run, {
    of: "runtime",
    checks: RUNTIME_CHECKS,
    facts,
    subject: {
      name: version === "" ? name : `${name} ${version}`,
      path,
      kind: "runtime",
      versions,
      by: "its adapter's answer to describe",
    },
    machine,
    started,
    scene: async (_, options) => await RuntimeScene.create(machine, facts, { ...options, env }),
  });
}

/** What would change what the runtime does is the check's to say. */
const OWN = /^(?:CNI_|CONF_|CAP_ARGS$|NETCONFPATH$|TMPDIR$|PATH$)/u;

function inherited({ env, machine }: RuntimeRun): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.test(entry[0]),
  );
  return { ...Object.fromEntries(entries), PATH: machine.path };
}
