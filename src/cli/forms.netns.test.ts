/** What every command answers with `--json` is of the form that docs/cli.schema.json promises. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { EXECUTABLE } from "../../tests/support/daemon.ts";
import { type Container, Host } from "../../tests/support/host.ts";
import { answerProblems } from "../../tests/support/json-schema.ts";
import { startProgram } from "../../tests/support/program.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { parseJson } from "../spec/index.ts";
import { makeProgram } from "./hawser.ts";

setDefaultTimeout(120_000);

let host: Host;
let blue: Container;
let directory = "";
const plugins = (): string => join(directory, "plugins");

beforeAll(async () => {
  host = await Host.create();
  blue = await host.container("blue");
  directory = mkdtempSync(join(tmpdir(), "forms-"));
  mkdirSync(plugins());
  for (const type of PLUGIN_NAMES) symlinkSync(EXECUTABLE, join(plugins(), type));
  const ipam = { type: "host-local", subnet: "10.6.0.0/24", dataDir: join(directory, "pool") };
  const list = [
    { type: "bridge", bridge: "br1", isGateway: true, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  write("one.conflist", { cniVersion: "1.1.0", name: "one", plugins: list });
  const fleet = {
    ...{ type: "cluster", subnet: "10.42.0.0/24", dataDir: join(directory, "fleet") },
    store: { files: { directory: join(directory, "store") } },
  };
  write("fleet.conflist", {
    ...{ cniVersion: "1.1.0", name: "fleet" },
    plugins: [{ type: "ptp", ipam: fleet }],
  });
  write("wrong.conflist", {
    cniVersion: "1.1.0",
    name: "wrong",
    plugins: [{ type: "bridge", mtu: "x" }],
  });
});
afterAll(async () => {
  await host.remove(blue);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  rmSync(directory, { recursive: true });
});

function write(name: string, value: object): void {
  writeFileSync(join(directory, name), JSON.stringify(value, undefined, 2));
}

const ENDS = ["--none-valid", "--dry-run"];

/** In the order in which they run: the network is looked at with and without an attachment. */
const CALLS: readonly (readonly string[])[] = [
  ["version"],
  ["version", "one"],
  ["status", "one"],
  ["status"],
  ["plan", "one", "NETNS", "--port", "8080:80"],
  ["add", "one", "NETNS", "--id", "blue", "--port", "8080:80"],
  ["add", "one", "NETNS", "--id", "blue"],
  ["plan", "one", "NETNS", "--id", "blue"],
  ["check", "one", "NETNS", "--id", "blue"],
  ["diff", "one"],
  ["ls"],
  ["ls", "nothing-like-it"],
  ["show", "blue"],
  ["show", "nothing-like-it"],
  ["networks"],
  ["map"],
  ["map", "one", "--path", "8080"],
  ["ip", "10.6.0.2"],
  ["ip", "10.6.0.99"],
  ["ports"],
  ["ports", "8080"],
  ["pools"],
  ["validate", "DIRECTORY"],
  ["sync", "--all", "--dry-run"],
  ["cluster"],
  ["cluster", "init"],
  ["cluster", "status"],
  ["cluster", "nodes"],
  ["cluster", "blocks"],
  ["cluster", "ip", "10.42.0.1"],
  ["cluster", "check"],
  ["cluster", "release", "10.42.0.1", "--yes"],
  ["cluster", "release", "--name", "default/web-0", "--yes"],
  ["cluster", "forget", "nothing-like-it", "--yes"],
  ["doctor"],
  ["doctor", "blue"],
  ["report", "--output", "DIRECTORY/report.html"],
  ["report", "--output", "DIRECTORY/report.html"],
  ["trace"],
  ["trace", "on"],
  ["trace", "status"],
  ["trace", "off"],
  ["trace", "show", "nothing-like-it"],
  ["trace", "export", "--output", "DIRECTORY/calls"],
  ["replay", "nothing-like-it"],
  ["gc", "one", ...ENDS],
  ["gc", "one"],
  ["del", "one", "--id", "nobody"],
  ["del", "one", "NETNS", "--id", "blue"],
  ["conformance", "plugin", "--list"],
  ["install", "--verify", "--bin-dir", "DIRECTORY/bin"],
];

/** Commands that have no answer for programs. */
const WITHOUT: ReadonlySet<string> = new Set([
  // They answer until they are interrupted.
  "watch",
  "ui",
  "daemon",
  "dhcp",
  "completion",
  "complete",
  "uninstall",
]);

test("every command answers in the form of the schema", async () => {
  const env = {
    ...{ NETCONFPATH: directory, CNI_PATH: plugins() },
  };
  const wrong: unknown[] = [];
  for (const call of CALLS) {
    const words = call.map((word) =>
      word.replace("NETNS", blue.netns).replace("DIRECTORY", directory),
    );
    const answer = await startProgram("hawser", [...words, "--json"], { env });
    const found =
      answer.stdout === ""
        ? [`nothing: ${answer.stderr}`]
        : answerProblems(parseJson(answer.stdout));
    if (found.length > 0) {
      wrong.push([call.join(" "), found.slice(0, 5), answer.stdout.slice(0, 400)]);
    }
  }
  expect(wrong).toEqual([]);
});

test("every command is asked, and answers a wrong option in JSON", async () => {
  const program = makeProgram(fakeIo([]).io, () => undefined);
  const names = program.commands.map((command) => command.name());
  const asked = new Set(CALLS.map(([name = ""]) => name));
  expect(names.filter((name) => !asked.has(name) && !WITHOUT.has(name))).toEqual([]);
  for (const name of names) {
    const { stdout, stderr, code } = await startProgram(
      "hawser",
      [name, "--no-such", "--json"],
      {},
    );
    expect([name, code, stderr, answerProblems(parseJson(stdout))]).toEqual([name, 2, "", []]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { usage: true } });
  }
});
