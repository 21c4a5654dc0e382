import { expect } from "bun:test";
import { join } from "node:path";
import { checkRuntime, machineForWorlds, type Outcome } from "../../src/conformance/index.ts";
import { has } from "../support/features.ts";
import { skipBecause } from "../support/needs.ts";
import { missingOf } from "./rootfs.ts";

/** The suite's adapters of runtimes that run containers: each drives the real program. */

const ADAPTERS = join(import.meta.dir, "../../examples/conformance/adapters");

/** Basic things that libcni does right in all its versions. */
const KEPT = [
  "adds-a-list",
  "each-plugin-gets-the-result-before@0.4.0",
  "del-in-reverse-order",
  "add-stops-at-the-first-error",
  "every-add-is-followed-by-del",
  "add-after-a-failed-add",
];
/** libcni reads numbers as floating point (docs/divergences.md, D5). */
const BROKEN = ["big-numbers-arrive"];

async function outcomes(adapter: string): Promise<readonly Outcome[]> {
  const { outcomes: list } = await checkRuntime({
    machine: machineForWorlds(process.env),
    ...{ path: join(ADAPTERS, adapter), env: process.env, profile: "full", seed: 5, width: 2 },
    ...{ version: "0.0.0", command: "repeat" },
    select: ({ name }) => [...KEPT, ...BROKEN].includes(name),
  });
  return list;
}

for (const [adapter, ...needed] of [["podman"], ["ctr", "containerd"]] as const) {
  const missing = missingOf(has, ["root", adapter, ...needed]);
  skipBecause(missing)(
    `${adapter} is driven by its adapter, and judged`,
    async () => {
      const verdicts = (await outcomes(adapter)).map(({ check, verdict, reason, finding }) => {
        return [check, verdict, reason ?? finding?.came].slice(0, verdict === "passed" ? 2 : 3);
      });
      expect(
        Object.fromEntries(verdicts.map(([check, ...rest]) => [check, rest.join(" ")])),
      ).toEqual({
        ...Object.fromEntries(KEPT.map((name) => [name, "passed"])),
        "big-numbers-arrive": "failed 12345678901234567000",
      });
    },
    120_000,
  );
}
