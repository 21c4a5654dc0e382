import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { must } from "../../tests/support/exec.ts";
import { facts } from "../../tests/support/facts.ts";
import { type Container, containerNamed } from "../../tests/support/host.ts";
import { patient } from "../../tests/support/patience.ts";
import type { JsonObject } from "../spec/index.ts";
import type { PlannedStep } from "./plan.ts";

// What a plan says is compared with what the operation then does, for many configurations: links,
// elements of nftables, rules and files that come and go, and what stays.

setDefaultTimeout(patient(120_000));

const blue = containerNamed("blue");
const red = containerNamed("red");
const lab = cliLab({ containers: ["blue", "red"] });

const ipam = { type: "host-local", ranges: [[{ subnet: "10.8.0.0/24" }]] };
const both = {
  type: "host-local",
  ranges: [[{ subnet: "10.8.0.0/24" }], [{ subnet: "fd00:8::/64" }]],
};
const gateway = { type: "bridge", bridge: "pbr0", isGateway: true, ipMasq: true, ipam };
const portmap = { type: "portmap", capabilities: { portMappings: true } };

/** Configurations by their names, and what else `plan` and `add` are given. */
const CASES: readonly [string, readonly JsonObject[], ...string[]][] = [
  ["a bridge", [{ type: "bridge", bridge: "pbr0", ipam }]],
  ["a bridge without addresses", [{ type: "bridge", bridge: "pbr0" }]],
  ["a gateway", [gateway]],
  ["two families", [{ ...gateway, ipam: both, hairpinMode: true }]],
  ["static neighbours", [{ ...gateway, staticNeighbours: true }]],
  ["a bridge that goes when it is unused", [{ ...gateway, removeUnused: true }]],
  ["a check of MACs", [{ ...gateway, macspoofchk: true }]],
  [
    "static addresses",
    [{ ...gateway, ipam: { type: "static", addresses: [{ address: "10.8.0.9/24" }] } }],
  ],
  ["a link of two", [{ type: "ptp", ipMasq: true, ipam }]],
  ["ports", [gateway, portmap], "--port", "8080:80", "--port", "53:53/udp"],
  ["ports of a link of two", [{ type: "ptp", ipam }, portmap], "--port", "8443:443"],
  ["a firewall", [gateway, { type: "firewall", ingressPolicy: "same-bridge" }]],
  ["tuning", [gateway, { type: "tuning", mtu: 1400, sysctl: { "net.core.somaxconn": "500" } }]],
  ["source routing", [{ type: "bridge", bridge: "pbr0", ipam }, { type: "sbr" }]],
  ["all of it", [gateway, portmap, { type: "firewall" }, { type: "sbr" }], "--port", "8080:80"],
];

describe.each(CASES)("%s", (_name, plugins, ...options) => {
  test("comes, stays and goes as the plans say", async () => {
    lab.node.network("planned", plugins);
    const given = [...options];
    await addAsPlanned(blue, given);
    // Of the second container, what is shared stands already.
    const shared = await addAsPlanned(red, []);
    const bridge = shared.find(({ step }) => step === "bridge");
    if (bridge !== undefined) expect(bridge.standing).toBe("kept");
    await deleteAsPlanned(red);
    await deleteAsPlanned(blue);
    expect(await planOf("del", blue, ["--dry-run"])).toEqual([]);
  });
});

test("GC removes what its plan says, also what no runtime remembers", async () => {
  lab.node.network("planned", [gateway, portmap, { type: "firewall" }]);
  await lab.must("add", "planned", "blue", "--id", "one", "--port", "8080:80");
  await lab.must("add", "planned", "red", "--id", "two");
  rmSync("/var/lib/cni/results", { recursive: true });
  const before = await facts([blue, red]);
  const plan = await lab.json("gc", "planned", "--valid", "two:eth0", "--dry-run");
  expect(await facts([blue, red])).toEqual(before);
  const steps = stepsOf(plan);
  expect(steps.length).toBeGreaterThan(0);
  await lab.must("gc", "planned", "--valid", "two:eth0");
  const after = await facts([blue, red]);
  compareRemoval(steps, before, after);
  expect(stepsOf(await lab.json("gc", "planned", "--valid", "two:eth0", "--dry-run"))).toEqual([]);
  await lab.must("gc", "planned", "--none-valid");
});

test("of many that would go the first are looked at, and all are named", async () => {
  lab.node.network("planned", [gateway]);
  await lab.must("add", "planned", "blue", "--id", "c0");
  const results = "/var/lib/cni/results";
  const file = JSON.parse(readFileSync(join(results, "planned-c0-eth0"), "utf8")) as JsonObject;
  for (let at = 1; at < 25; at++) {
    const copy = JSON.stringify({ ...file, containerId: `c${at}` });
    writeFileSync(join(results, `planned-c${at}-eth0`), copy);
  }
  const { stale, attachments } = await lab.json("gc", "planned", "--none-valid", "--dry-run");
  expect([stale, attachments]).toMatchObject([{ length: 25 }, { length: 20 }]);
  const { stdout } = await lab.hawser("gc", "planned", "--none-valid", "--dry-run");
  expect(stdout).toContain("and 5 more, which are named below");
  for (let at = 0; at < 25; at++) expect(stdout).toContain(`would remove c${at}:eth0\n`);
});

test("what an ADD would be refused for is refused by the plan, with exit code 1", async () => {
  lab.node.network("planned", [gateway]);
  await must(["ip", "link", "add", "pbr0", "type", "veth", "peer", "name", "pbr1"]);
  const plan = await lab.hawser("plan", "planned", "blue");
  expect(plan.code).toBe(1);
  expect(plan.stdout).toContain("! bridge: pbr0 on the host");
  expect(plan.stdout).toContain('"pbr0" already exists but is not a bridge');
  expect((await lab.hawser("add", "planned", "blue")).code).toBe(1);
  await must(["ip", "link", "del", "pbr0"]);
  await must(["ip", "-n", "blue", "link", "add", "eth0", "type", "veth", "peer", "name", "eth9"]);
  const taken = await lab.json("plan", "planned", "blue");
  expect(taken).toMatchObject({ refused: true });
  const [veth] = stepsOf(taken).filter(({ standing }) => standing === "refused");
  expect(veth?.now).toContain('container veth name ("eth0") already exists');
  expect((await lab.hawser("add", "planned", "blue")).stderr).toContain("already exists");
});

test("a full range, and an address that another container has, are refused by name", async () => {
  const small = { type: "host-local", subnet: "10.8.0.0/30" };
  lab.node.network("planned", [{ ...gateway, ipam: small }]);
  await lab.must("add", "planned", "blue", "--id", "one");
  const full = await lab.hawser("plan", "planned", "red", "--id", "two");
  expect(full.code).toBe(1);
  expect(full.stdout).toContain("no IP addresses available in range set: 10.8.0.1-10.8.0.2");
  const asked = { type: "host-local", subnet: "10.8.0.0/24" };
  lab.node.network("planned", [{ ...gateway, capabilities: { ips: true }, ipam: asked }]);
  const taken = await lab.hawser("plan", "planned", "red", "--id", "two", "--ip", "10.8.0.2");
  expect(taken.code).toBe(1);
  expect(taken.stdout).toContain("one:eth0 holds it");
});

test("a port that another container has, or a process of the host, is told", async () => {
  lab.node.network("planned", [gateway, portmap]);
  await lab.must("add", "planned", "blue", "--id", "one", "--port", "8080:80");
  using server = Bun.listen({ hostname: "0.0.0.0", port: 8081, socket: { data: () => undefined } });
  expect(server.port).toBe(8081);
  const words = ["--id", "two", "--port", "8080:80", "--port", "8081:81"];
  const plan = await lab.hawser("plan", "planned", "red", ...words);
  expect(plan.code).toBe(0);
  expect(plan.stdout).toContain("waits for planned one eth0");
  expect(plan.stdout).toContain("a process of the host listens on 8081");
  lab.node.network("planned", [gateway, { ...portmap, portConflict: "refuse" }]);
  const refused = await lab.hawser("plan", "planned", "red", ...words);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("planned one eth0 has the port");
});

test("after an edit, diff says what it means for each attachment, and its commands move it", async () => {
  lab.node.network("planned", [gateway, portmap]);
  await lab.must("add", "planned", "blue", "--id", "one", "--port", "8080:80");
  await lab.must(
    "add",
    "planned",
    "red",
    "--id",
    "two",
    "--arg",
    "K8S_POD_NAME=web",
    "--arg",
    "IgnoreUnknown=1",
  );
  expect((await lab.hawser("diff", "planned")).stdout).toBe(
    "2 attachments of planned as it is configured\n",
  );
  const moved = { ...gateway, mtu: 1400, ipam: { ...ipam, ranges: [[{ subnet: "10.9.0.0/24" }]] } };
  lab.node.network("planned", [{ ...moved, bridge: "pbr1" }, portmap]);
  const { stdout } = await lab.hawser("diff", "planned");
  expect(stdout).toContain("its address 10.8.0.2/24 is outside of the new ranges");
  expect(stdout).toContain("to do: restart the container, by its runtime");
  expect(stdout).toEndWith("2 attachments of planned: 2 differ, 0 as configured\n");
  const { attachments } = (await lab.json("diff", "planned")) as unknown as {
    attachments: readonly { containerId: string; move: string; commands?: readonly string[] }[];
  };
  expect(attachments.map(({ containerId, move }) => [containerId, move])).toEqual([
    ["one", "reattach"],
    ["two", "restart"],
  ]);
  for (const command of attachments[0]?.commands ?? []) {
    // As a shell would read it.
    const words = (command.match(/'[^']*'|\S+/gu) ?? []).map((word) => word.replaceAll("'", ""));
    await lab.must(...words.slice(1));
  }
  expect(await must(["ip", "-n", "blue", "address", "show", "dev", "eth0"])).toContain("10.9.0.");
  expect((await lab.hawser("diff", "planned")).stdout).toContain("1 differ, 1 as configured");
  rmSync(join(lab.node.path, "planned.conflist"));
  const gone = await lab.hawser("diff", "planned");
  expect([gone.code, gone.stdout]).toEqual([0, containing("no file configures planned")]);
  lab.node.network("renamed", [{ ...moved, bridge: "pbr1" }, portmap]);
  expect((await lab.hawser("diff", "renamed")).stdout).toContain("was the network renamed?");
  expect((await lab.hawser("diff", "renamde")).stderr).toContain("did you mean renamed?");
});

interface PlannedPlugin {
  readonly steps?: readonly PlannedStep[];
}

function stepsOf(answer: JsonObject): PlannedStep[] {
  const plugins = (answer["plugins"] ?? []) as unknown as PlannedPlugin[];
  return plugins.flatMap(({ steps = [] }) => steps);
}

/** The steps of a plan, which touches nothing. */
async function planOf(
  command: "plan" | "del",
  { name }: Container,
  options: readonly string[],
): Promise<PlannedStep[]> {
  const before = await lab.host.snapshot([blue, red]);
  const answer = await lab.json(command, "planned", name, ...options);
  expect(await lab.host.snapshot([blue, red])).toEqual(before);
  return stepsOf(answer);
}

async function addAsPlanned(
  container: Container,
  options: readonly string[],
): Promise<PlannedStep[]> {
  const steps = await planOf("plan", container, options);
  const before = await facts([blue, red]);
  await lab.must("add", "planned", container.name, ...options);
  const after = await facts([blue, red]);
  expect(steps.filter(({ standing }) => standing === "refused")).toEqual([]);
  const made = steps.filter(({ standing }) => standing === "made" || standing === "changed");
  const told = made.map(({ text }) => text).join("\n");
  for (const fact of after.difference(before)) {
    const missing = namesOf(fact).filter((name) => !told.includes(name));
    expect([fact, missing, told]).toEqual([fact, [], told]);
  }
  for (const { step, text, standing } of steps) {
    const name = NAMED[step]?.exec(text)?.[1];
    if (name === undefined) continue;
    const fact = `link of the host ${name}`;
    expect([text, before.has(fact), after.has(fact)]).toEqual([text, standing === "kept", true]);
  }
  return steps;
}

async function deleteAsPlanned(container: Container): Promise<void> {
  const steps = await planOf("del", container, ["--dry-run"]);
  const before = await facts([blue, red]);
  await lab.must("del", "planned", container.name);
  compareRemoval(steps, before, await facts([blue, red]));
}

/** What is gone was in the plan, and what the plan named is gone. */
function compareRemoval(
  steps: readonly PlannedStep[],
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): void {
  const told = steps.map(({ text }) => text).join("\n");
  for (const fact of before.difference(after)) {
    const missing = [...namesOf(fact), ...pathOf(fact)].filter((name) => !told.includes(name));
    expect([fact, missing, told]).toEqual([fact, [], told]);
  }
  const gone = [...before.difference(after)].join("\n");
  for (const { text, standing } of steps) {
    if (standing !== "removed") continue;
    const names = GONE.flatMap((pattern) => pattern.exec(text)?.slice(1) ?? []);
    expect([text, names.length > 0]).toEqual([text, true]);
    for (const name of names) expect([text, name, gone]).toEqual([text, name, containing(name)]);
  }
}

function containing(name: string): string {
  return expect.stringContaining(name) as string;
}

/** Steps that name a link of the host. */
const NAMED: Readonly<Record<string, RegExp>> = {
  bridge: /^(\S+) on the host/u,
  "veth pair": /, (\S+) on the host/u,
};

/** How a step names what it removes. */
const GONE: readonly RegExp[] = [
  /^link (\S+) on the host/u,
  /^bridge (\S+) on the host/u,
  /^link (\S+) in the container/u,
  /^(\S+) in set (\S+) of table/u,
  /^\S+ in \S+ (\S+)$/u,
  /^(?:note|file) (\S+)$/u,
  /^([\da-f.:]+) of \S+:eth0$/u,
  /^neighbour (\S+) on/u,
  /^rule from ([\d.]+)/u,
  /^(turn) for/u,
  /^(?:tcp|udp) port (\d+)/u,
];

/** What of a fact a step has to name; notes and the container's end are in the rest. */
function namesOf(fact: string): string[] {
  const [, link] = /^link of the host (\S+)$/u.exec(fact) ?? [];
  if (link !== undefined) return [link];
  const [, key] = /^element \S+ ([\da-f.:]+)$/u.exec(fact) ?? [];
  if (key !== undefined) return [key];
  const [, address] = /^file \S+\/networks\/planned\/([\da-f.:]+)$/u.exec(fact) ?? [];
  return address === undefined ? [] : [address];
}

/** Of a removal, files are named by their paths, but for reservations. */
function pathOf(fact: string): string[] {
  const [, path = ""] = /^file (\S+)$/u.exec(fact) ?? [];
  return path === "" || path.includes("/networks/") ? [] : [path];
}
