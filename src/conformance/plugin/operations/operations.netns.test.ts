import { afterAll, beforeAll, expect } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has } from "../../../../tests/support/features.ts";
import { needs } from "../../../../tests/support/needs.ts";
import { outcomesOf } from "../../../../tests/support/outcomes-of.ts";
import { OwnExecutables } from "../../../../tests/support/own-executables.ts";
import { patient } from "../../../../tests/support/patience.ts";
import { type Machine, machineForWorlds } from "../../world/index.ts";

const test = needs("ip", "nft");

/** Each subject is our bridge in a wrapper that breaks one rule. */

/** Check by check, what the wrapper does: `run` calls the plugin with `$input`. */
const BREACHES: Readonly<Record<string, string>> = {
  "add-makes-the-interface": 'run || exit; [ "$CNI_COMMAND" != ADD ] || inside link set eth0 down',
  "add-sets-the-default-route":
    'run || exit; [ "$CNI_COMMAND" != ADD ] || inside route del default',
  "del-removes-the-interface": '[ "$CNI_COMMAND" != DEL ] || exit 0; run',
  "del-leaves-no-trace":
    'run || exit; [ "$CNI_COMMAND" != DEL ] || : >"/run/left-$CNI_CONTAINERID"',
  "check-goes-by-prevresult": '[ "$CNI_COMMAND" != CHECK ] || exit 0; run',
  "add-where-the-name-is-taken":
    '[ "$CNI_COMMAND" != ADD ] || inside link del eth0 2>/dev/null; run',
  "delegate-gets-the-environment": "unset CONFORMANCE_MARK; run",
  "del-by-a-path-that-leads-elsewhere":
    'run; code=$?; [ "$CNI_COMMAND" != DEL ] || inside link del eth0 2>/dev/null; exit $code',
};

let machine: Machine;
let plugins: OwnExecutables;
let dir: string;

beforeAll(() => {
  if (!has("ip")) return;
  machine = machineForWorlds(process.env);
  plugins = new OwnExecutables("bridge");
  dir = mkdtempSync(join(tmpdir(), "operations-"));
});

afterAll(() => {
  if (!has("ip")) return;
  plugins[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

/** A wrapper of the plugin's own name, since the suite knows by it what to configure. */
function wrapper(name: string, script: string): string {
  const path = join(dir, name, "bridge");
  const text = `#!/bin/sh
input=$(cat)
run() { printf %s "$input" | "${join(plugins.dir, "bridge")}"; }
inside() { PATH=/usr/sbin:/usr/bin:/sbin:/bin ip -n "\${CNI_NETNS##*/}" "$@"; }
${script}
`;
  mkdirSync(join(dir, name));
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

test(
  "a wrapper that breaks nothing has no finding",
  async () => {
    const checks = Object.keys(BREACHES);
    const outcomes = await outcomesOf(machine, wrapper("none", "run"), checks);
    const others = outcomes.filter(({ verdict }) => verdict !== "passed");
    expect(others.map(({ check, finding, reason }) => [check, finding ?? reason])).toEqual([]);
    expect(outcomes).toHaveLength(checks.length);
  },
  patient(30_000),
);

for (const [check, script] of Object.entries(BREACHES)) {
  test(
    `${check} sees a plugin that breaks it`,
    async () => {
      const [outcome] = await outcomesOf(machine, wrapper(check, script), [check]);
      expect(outcome?.reason).toBeUndefined();
      expect(outcome?.verdict).toBe("failed");
    },
    patient(15_000),
  );
}
