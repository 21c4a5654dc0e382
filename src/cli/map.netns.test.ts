/** `hawser map` on a node that the plugins have made. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { must } from "../../tests/support/exec.ts";
import { needs, skipBecause } from "../../tests/support/needs.ts";
import { debianPlugins, newestPlugins } from "../../tests/support/plugin-sets.ts";
import type { ProgramAnswer } from "../../tests/support/program.ts";
import type { MapForm, PathForm } from "../forms/index.ts";
import type { JsonObject } from "../spec/index.ts";

setDefaultTimeout(60_000);

const lab = cliLab({
  containers: ["web", "db"],
  outside: true,
  prepare: async ({ outside }) => {
    await must(["ip", "route", "add", "default", "via", outside.address4]);
  },
});

/** Without a word on stderr, and in a locale that has characters for lines. */
async function hawser(...words: string[]): Promise<ProgramAnswer> {
  const answer = await lab.start("hawser", words, { env: { LANG: "C.UTF-8" } });
  expect([words, answer.code, answer.stderr]).toEqual([words, 0, ""]);
  return answer;
}

async function json<T>(...words: string[]): Promise<T> {
  return (await lab.json("map", ...words)) as unknown as T;
}

const map = async (...words: string[]): Promise<MapForm> =>
  (await json<{ map: MapForm }>(...words)).map;
const path = async (goal: string): Promise<PathForm> =>
  (await json<{ path: PathForm }>("--path", goal)).path;

function bridged(cniVersion = "1.1.0"): void {
  const ipam = { type: "host-local", subnet: "10.6.0.0/24", routes: [{ dst: "0.0.0.0/0" }] };
  const bridge = { type: "bridge", bridge: "br1", isGateway: true, ipMasq: true, ipam };
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  lab.node.network("one", [bridge, portmap], { cniVersion });
}

/** Without the names that are made by chance. */
function masked(text: string): string {
  return text.replaceAll(/veth[0-9a-f]{8}/gu, "vethX");
}

test("bridge, pairs, ports and the way out are drawn as the kernel has them", async () => {
  bridged();
  const pod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1";
  await hawser("add", "one", "web", "--id", "c1", "-p", "8080:80", "--arg", pod);
  await hawser("add", "one", "db", "--id", "c2");
  const lines = masked((await hawser("map")).stdout)
    .split("\n")
    .map((line) => line.trim());
  const text = lines.join("\n");
  expect(text).toContain("br1  bridge, MTU 1500  10.6.0.1/24  network one");
  expect(text).toMatch(/vethX {2}── {2}shop\/web-1 {2}eth0 10\.6\.0\.2\/24/u);
  expect(text).toContain("tcp 8080  10.6.0.2:80");
  expect(text).toContain("default via ");
  const drawn = await map();
  const [web] = drawn.nodes.filter(({ label }) => label === "shop/web-1");
  expect(web?.addresses).toEqual([{ address: "10.6.0.2/24", ifName: "eth0", masqueraded: true }]);
  const only = await map("--container", "c2");
  expect(only.nodes.filter(({ kind }) => kind === "namespace").map(({ label }) => label)).toEqual([
    "c2",
  ]);
  expect((await hawser("map", "--dot")).stdout).toStartWith("digraph map {");
  expect((await hawser("map", "one", "--svg")).stdout).toStartWith("<svg ");
});

test("the way of a packet is told whole, and where it is broken", async () => {
  bridged();
  await hawser("add", "one", "web", "--id", "c1", "-p", "8080:80");
  const way = await path("8080");
  expect(way.broken).toBeUndefined();
  expect(way.steps.map(({ text }) => text)).toContain("DNAT to 10.6.0.2:80");
  expect(way.steps.at(-1)?.text).toBe("arrives on eth0, which has 10.6.0.2");
  const out = await path("10.6.0.2");
  expect(out.broken).toBeUndefined();
  expect(out.steps.some(({ text }) => text.includes("masqueraded as "))).toBeTrue();
  const [link] = (await map()).nodes.filter(
    ({ kind, network }) => kind === "link" && network === "one",
  );
  await must(["ip", "link", "set", "dev", link?.label ?? "", "nomaster"]);
  const said = `its link ${link?.label} is no port of br1 any more`;
  expect((await path("8080")).broken).toBe(said);
  expect((await path("10.6.0.2")).broken).toBe(said);
  expect((await hawser("map")).stdout).toContain(`! ${said}`);
});

for (const { name, dir, missing } of [debianPlugins(), newestPlugins()]) {
  const run = missing === undefined ? needs("iptables", "root") : skipBecause(missing);
  run(`a node of the ${name} Go plugins is drawn by what they leave`, async () => {
    bridged("1.0.0");
    const env = { CNI_PATH: dir };
    const words = ["add", "one", "web", "--id", "c1", "-p", "8080:80"];
    const added = await lab.start("hawser", words, { env });
    expect([added.code, added.stderr]).toEqual([0, ""]);
    const { nodes } = await map();
    const [web] = nodes.filter(({ kind }) => kind === "namespace");
    expect(web).toMatchObject({ label: "c1", state: "ok" });
    expect(web?.addresses).toEqual([{ address: "10.6.0.2/24", ifName: "eth0", masqueraded: true }]);
    expect(nodes.find(({ kind }) => kind === "port")).toMatchObject({
      ...{ label: "tcp 8080", lines: ["10.6.0.2:80"], state: "ok" },
    });
    const way = await path("8080");
    expect([way.broken, way.steps.at(-1)?.node]).toEqual([undefined, web?.id ?? ""]);
    const gone = await lab.start("hawser", ["del", "one", "--id", "c1"], { env });
    expect(gone.code).toBe(0);
  });
}

test("a pair without a bridge hangs on the host", async () => {
  const ipam = { type: "host-local", subnet: "10.7.0.0/24", routes: [{ dst: "0.0.0.0/0" }] };
  lab.node.network("direct", [{ type: "ptp", ipam }]);
  await hawser("add", "direct", "web", "--id", "c1");
  const { edges } = await map();
  const pair = edges.find(({ kind }) => kind === "pair");
  expect(edges.some(({ kind, to }) => kind === "routes" && to === pair?.from)).toBeTrue();
  expect((await path("10.7.0.2")).broken).toBeUndefined();
});

type OnParent = "macvlan" | "ipvlan" | "vlan";

const STANDING: readonly (readonly [OnParent, keys: JsonObject, label: string])[] = [
  ["macvlan", {}, "eth0 macvlan"],
  ["ipvlan", {}, "eth0 ipvlan"],
  ["vlan", { vlanId: 7 }, "eth0 VLAN 7"],
];

for (const [type, keys, label] of STANDING) {
  needs(`kernel:${type}`)(`what a ${type} stands on is the kernel's word`, async () => {
    await must(["ip", "link", "add", "parent0", "type", "veth", "peer", "name", "end0"]);
    await must(["ip", "link", "set", "parent0", "up"]);
    const ipam = { type: "static", addresses: [{ address: "10.8.0.2/24" }] };
    lab.node.network("lan", [{ type, master: "parent0", ...keys, ipam }]);
    await hawser("add", "lan", "web", "--id", "c1");
    // The configuration of today says nothing of what stands.
    lab.node.network("lan", [{ type, master: "other0", ...keys, ipam }]);
    const { edges, nodes } = await map();
    expect(edges.find(({ kind }) => kind === "on")).toMatchObject({
      ...{ from: "namespace:/run/netns/web", to: "uplink:parent0", ifName: "eth0" },
      label,
    });
    expect(nodes.find(({ id }) => id === "uplink:parent0")?.kind).toBe("uplink");
    expect((await path("10.8.0.2")).broken).toBe("end0 is down");
    await must(["ip", "link", "set", "end0", "up"]);
    expect((await path("10.8.0.2")).broken).toBe("end0 leads to nothing outside this machine");
    await must(["ip", "link", "delete", "parent0"]);
  });
}

test("contradictions and what is not there are errors", async () => {
  bridged();
  for (const words of [
    ["--dot", "--svg"],
    ["--svg", "--json"],
    ["--path", "80", "--dot"],
  ]) {
    const { code } = await lab.hawser("map", ...words);
    expect([words, code]).toEqual([words, 2]);
  }
  const { code, stderr } = await lab.hawser("map", "ome");
  expect(code).toBe(1);
  expect(stderr).toContain("one");
  for (const goal of ["no port", "0", "65536", "10.6.0.300", "8080/icmp"]) {
    const asked = await lab.hawser("map", "--path", goal);
    expect([goal, asked.code, asked.stdout]).toEqual([goal, 2, ""]);
    expect(asked.stderr).toContain("--path takes a port of the host");
  }
});

test("where the locale is not of UTF-8 the lines are ASCII", async () => {
  bridged();
  await hawser("add", "one", "web", "--id", "c1");
  const { stdout } = await lab.start("hawser", ["map"], { env: { LANG: "C" } });
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/u);
  expect(stdout).toContain("`- ");
});
