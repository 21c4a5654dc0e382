import { afterAll, expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "../../../tests/support/needs.ts";
import type { Outcome } from "../check.ts";
import { machineForWorlds } from "../world/index.ts";
import { checkRuntime } from "./conformance.ts";

const test = needs("ip");

const ROOT = join(import.meta.dir, "../../..");
const ADAPTERS = join(ROOT, "examples/conformance/adapters");
const HAWSER = join(ROOT, "dist/hawser");
const dir = mkdtempSync(join(tmpdir(), "runtimes-"));
afterAll(() => rmSync(dir, { recursive: true }));

async function outcomes(
  path: string,
  more: { env?: Record<string, string>; names?: readonly string[]; profile?: "quick" } = {},
): Promise<readonly Outcome[]> {
  const { names, profile = "full" } = more;
  const machine = machineForWorlds(process.env);
  const report = await checkRuntime({
    ...{ machine, path, profile, seed: 11, width: 4, version: "0.0.0", command: "repeat" },
    env: { ...process.env, ...more.env },
    ...(names === undefined ? {} : { select: ({ name }) => names.includes(name) }),
  });
  expect(report.gaveUp).toBeUndefined();
  return report.outcomes;
}

function without(verdict: string, list: readonly Outcome[]): object[] {
  return list
    .filter((outcome) => outcome.verdict !== verdict)
    .map(({ check, level, finding, reason }) => ({ check, level, finding, reason }));
}

test("our command line keeps all that the suite tries, but for one reading of R91", async () => {
  const list = await outcomes(join(ADAPTERS, "hawser"), { env: { HAWSER } });
  expect(list.length).toBeGreaterThan(150);
  // docs/divergences.md, D11: a prevResult that stands in the file reaches the first plugin.
  expect(without("passed", list)).toMatchObject([
    { check: "prev-result-of-the-file-is-not-sent", level: "SHOULD" },
  ]);
}, 170_000);

test("the page for authors has this adapter whole", () => {
  const page = readFileSync(join(ROOT, "docs/conformance-runtimes.md"), "utf8");
  const adapter = readFileSync(join(ADAPTERS, "cnitool"), "utf8");
  const marker = "<!-- examples/conformance/adapters/cnitool -->";
  expect(page).toContain(`${marker}\n\`\`\`sh\n${adapter}\`\`\`\n`);
});

test("our cnitool keeps the quick profile, by the adapter of that page, and goes by what it remembers", async () => {
  const CNITOOL = join(dir, "cnitool");
  symlinkSync(HAWSER, CNITOOL);
  const adapter = join(ADAPTERS, "cnitool");
  const quick = await outcomes(adapter, { env: { CNITOOL }, profile: "quick" });
  expect(quick.filter(({ verdict }) => verdict === "passed").length).toBeGreaterThan(25);
  const list = await outcomes(adapter, { env: { CNITOOL }, names: ["del-when-the-file-is-gone"] });
  const tried = [...quick, ...list].filter(({ verdict }) => verdict !== "skipped");
  expect(without("passed", tried)).toEqual([]);
}, 100_000);

/** Calls the plugins of a list in the order of the file, for DEL as well, and without prevResult. */
const FAULTY = `#!/bin/sh
if [ "$1" = describe ]; then
  echo '{"name": "faulty", "operations": ["add", "del"], "takes": ["network", "netns", "ifName", "containerId"]}'
  exit
fi
file=$CONF_CONFDIR/10-$CONF_NETWORK.conflist
version=$(sed -n 's/.*"cniVersion": "\\(.*\\)".*/\\1/p' "$file")
export CNI_COMMAND=$(echo "$1" | tr a-z A-Z) CNI_CONTAINERID=$CONF_CONTAINER CNI_NETNS=$CONF_NETNS
export CNI_IFNAME=$CONF_IFNAME CNI_PATH=$CONF_PLUGIN_DIRS CNI_ARGS=
sed -n 's/.*"type": "\\(.*\\)".*/\\1/p' "$file" | while read -r type; do
  printf '{"cniVersion": "%s", "name": "%s", "type": "%s"}' "$version" "$CONF_NETWORK" "$type" |
    "$CNI_PATH/$type" || exit 1
done
`;

test("a faulty runtime is caught by the names of its faults, and by no other", async () => {
  const path = join(dir, "faulty");
  writeFileSync(path, FAULTY, { mode: 0o755 });
  const kept = [
    "adds-a-list",
    "add-in-order",
    "parameters-of-add",
    "parameters-of-del",
    "same-environment-for-all-plugins",
    "plugins-run-in-the-host-namespace",
    "add-stops-at-the-first-error",
    "a-plugin-that-is-missing",
  ];
  const broken = ["del-in-reverse-order", "del-with-the-result-of-the-add@1.1.0"];
  const list = await outcomes(path, { names: [...kept, ...broken, "disable-gc"] });
  const by = (verdict: string): string[] =>
    list.filter((one) => one.verdict === verdict).map(({ check }) => check);
  expect(by("failed").toSorted()).toEqual(broken.toSorted());
  expect(by("passed").toSorted()).toEqual(kept.toSorted());
  expect(list.find(({ check }) => check === "disable-gc")?.reason).toContain('"gc"');
  const failed = list.find(({ check }) => check === "del-in-reverse-order");
  expect(failed?.finding).toEqual({
    expected: "the calls DEL rec-c, DEL rec-b, DEL rec-a",
    came: "DEL rec-a, DEL rec-b, DEL rec-c",
  });
  expect(failed?.transcript?.map(({ argv }) => argv.at(-1))).toEqual([
    ...["add", "rec-a", "rec-b", "rec-c"],
    ...["del", "rec-a", "rec-b", "rec-c"],
  ]);
  expect(failed?.repeat).toBe("repeat --check del-in-reverse-order");
}, 60_000);
