import { afterAll, beforeAll, expect } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has } from "../../../../tests/support/features.ts";
import { needs, skipBecause } from "../../../../tests/support/needs.ts";
import { outcomesOf } from "../../../../tests/support/outcomes-of.ts";
import { hawserPlugins } from "../../../../tests/support/plugin-sets.ts";
import { type Machine, machineForWorlds } from "../../world/index.ts";

/** Each subject is a plugin that keeps the rules, in a wrapper that breaks one of them. */

interface Breach {
  /** The check that has to see it. */
  readonly check: string;
  /** Of the wrapper: `run` calls the plugin with `$input`, `$real` is its path. */
  readonly script: string;
  readonly plugin?: "bridge" | "tuning";
}

const BREACHES: readonly Breach[] = [
  {
    check: "add-demands-its-parameters",
    script: '[ -n "$CNI_IFNAME" ] || export CNI_IFNAME=eth0; run',
  },
  {
    check: "missing-parameters-are-code-4",
    script: `out=$(run); code=$?; printf %s "$out" | sed 's/"code": 4/"code": 104/'; exit $code`,
  },
  { check: "unknown-command", script: '[ "$CNI_COMMAND" = CONFORMANCE ] || run' },
  {
    check: "container-id-is-no-path",
    script: "export CNI_CONTAINERID=$(printf %s \"$CNI_CONTAINERID\" | tr -d './'); run",
  },
  {
    check: "add-refuses-unusable-interface-names",
    plugin: "bridge",
    script: 'export CNI_IFNAME=$(printf %.15s "$CNI_IFNAME"); run',
  },
  {
    check: "a-network-needs-a-name",
    script: `input=$(printf %s "$input" | sed 's/"name":""/"name":"default"/'); run`,
  },
  { check: "add-prints-one-document", script: 'echo "adding"; run' },
  { check: "add-lets-go-of-its-streams", script: "sleep 3 & run" },
  { check: "failures-have-an-exit-code", script: "run; exit 0" },
  {
    check: "errors-stand-on-stdout",
    script: 'out=$(run); code=$?; [ $code = 0 ] || exec >&2; printf %s "$out"; exit $code',
  },
  { check: "del-prints-nothing", script: 'run || exit; [ "$CNI_COMMAND" != DEL ] || echo "{}"' },
  {
    check: "unknown-key-passes-or-is-named",
    script: `case $input in *conformanceUnknown*) echo '{"code":2,"msg":"a key"}'; exit 1;; esac; run`,
  },
  { check: "version-answers", script: '[ -n "$CNI_PATH" ] || exit 1; run' },
  {
    check: "version-answers-in-the-version-asked-for",
    script: `run | sed 's/"cniVersion": *"[0-9.]*"/"cniVersion":"0.2.0"/'`,
  },
  {
    check: "unknown-version-is-code-1",
    script: `input=$(printf %s "$input" | sed 's/9[.]9[.]9/1.1.0/'); run`,
  },
  {
    check: "versions-not-named-are-code-1",
    script: `if [ "$CNI_COMMAND" = VERSION ]; then run | sed 's/"0[.]4[.]0",//'; else run; fi`,
  },
  { check: "status-of-a-ready-plugin", script: '[ "$CNI_COMMAND" != STATUS ] || exit 1; run' },
  {
    check: "status-asks-the-ipam-plugin",
    plugin: "bridge",
    script: '[ "$CNI_COMMAND" != STATUS ] || exit 0; run',
  },
  {
    check: "gc-goes-to-the-ipam-plugin",
    plugin: "bridge",
    script: '[ "$CNI_COMMAND" != GC ] || exit 0; run',
  },
  { check: "gc-takes-all-by-an-empty-list", script: '[ "$CNI_COMMAND" != GC ] || exit 0; run' },
  {
    check: "gc-by-the-key-valid-attachments",
    script: `[ "$CNI_COMMAND" != GC ] || input=$(printf %s "$input" | sed 's/"containerID":"/&x/g'); run`,
  },
  { check: "result-has-its-shape", script: `run | sed 's#/24"#"#'` },
  {
    check: "result-tells-what-is-there",
    plugin: "bridge",
    script: `run | sed 's/"mac": "[^"]*"/"mac": "02:00:00:00:00:01"/'`,
  },
  {
    check: "prev-result-passes-through@1.1.0",
    plugin: "tuning",
    script: `run | sed 's/"10[.]246[.][0-9]*[.]2/"10.246.9.2/'`,
  },
  { check: "stdin-is-empty", script: '[ -n "$input" ] || exit 0; run' },
];

const plugins = hawserPlugins();
const needsPlugins = has("ip") ? skipBecause(plugins.missing) : needs("ip");
const LIMIT_MS = 60_000;

let machine: Machine;
let dir: string;

beforeAll(() => {
  if (!has("ip")) return;
  machine = machineForWorlds(process.env);
  dir = mkdtempSync(join(tmpdir(), "protocol-"));
});

afterAll(() => {
  if (!has("ip")) return;
  rmSync(dir, { recursive: true });
});

/** A wrapper of the plugin's own name, since the suite knows by it what to configure. */
function wrapper(name: string, plugin: string, script: string): string {
  const path = join(dir, name, plugin);
  const real = join(plugins.dir, plugin);
  const text = `#!/bin/sh
real=${real}
input=$(cat)
run() { printf %s "$input" | "$real"; }
${script}
`;
  mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

for (const plugin of ["host-local", "bridge", "tuning"] as const) {
  needsPlugins(
    `${plugin} in a wrapper that breaks nothing has no finding`,
    async () => {
      const checks = BREACHES.filter((each) => (each.plugin ?? "host-local") === plugin);
      const path = wrapper("none", plugin, "run");
      const outcomes = await outcomesOf(
        machine,
        path,
        checks.map(({ check }) => check),
      );
      const others = outcomes.filter(({ verdict }) => verdict !== "passed");
      const hidden = plugin === "host-local" ? ["versions-not-named-are-code-1"] : [];
      expect(others.map(({ check, finding, reason }) => [check, finding ?? reason])).toEqual(
        hidden.map((check) => [check, "it names all versions"]),
      );
      expect(outcomes).toHaveLength(checks.length);
    },
    LIMIT_MS,
  );
}

for (const { check, script, plugin = "host-local" } of BREACHES) {
  needsPlugins(
    `${check} sees a plugin that breaks it`,
    async () => {
      const [outcome] = await outcomesOf(machine, wrapper(check, plugin, script), [check]);
      expect(outcome?.reason).toBeUndefined();
      expect(outcome?.verdict).toBe("failed");
    },
    LIMIT_MS,
  );
}
