import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../tests/support/exec.ts";
import { type Container, Host } from "../../tests/support/host.ts";
import { answerProblems } from "../../tests/support/json-schema.ts";
import { NodeDirectory } from "../../tests/support/node-directory.ts";
import { type ProgramAnswer, startProgram } from "../../tests/support/program.ts";
import type { JsonObject } from "../spec/index.ts";

// `hawser ip`, `ports` and `pools` on a node where two containers are attached.

setDefaultTimeout(60_000);

let host: Host;
let blue: Container;
let red: Container;
let node: NodeDirectory;

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  node = new NodeDirectory();
  blue = await host.container("blue");
  red = await host.container("red");
  network("one", "10.6.0.0/29", "fd06::/64");
  network("two", "10.6.0.0/16");
});
afterEach(async () => {
  for (const container of [blue, red]) await host.remove(container);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  rmSync("/run/hawser", { recursive: true, force: true });
  node.remove();
});
afterAll(async () => {
  await host.tidy();
});

function network(name: string, ...subnets: readonly string[]): void {
  const ipam = {
    ...{ type: "host-local", dataDir: join(node.path, "pool") },
    ranges: subnets.map((subnet) => [{ subnet }]),
  };
  const list = [
    { type: "bridge", bridge: `br-${name}`, isGateway: true, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  node.network(name, list);
}

async function hawser(...words: string[]): Promise<ProgramAnswer> {
  const { env } = node;
  return await startProgram("hawser", words, { env });
}

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await hawser(...words, "--json");
  const answer = JSON.parse(stdout) as JsonObject;
  expect([words, stderr, answerProblems(answer)]).toEqual([words, stderr, []]);
  return answer;
}

async function add(...words: string[]): Promise<void> {
  const { code, stderr } = await hawser("add", ...words);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
}

async function ended(...containers: readonly Container[]): Promise<void> {
  for (const container of containers) await host.remove(container);
}

test("ip names what has an address, what the kernel says inside, and what had it before", async () => {
  expect((await hawser("ip", "10.6.0.2")).stdout).toContain("no daemon of Hawser has run here");
  mkdirSync("/run/hawser/attachments", { recursive: true });
  await add("one", "blue", "--id", "web");
  const { stdout, code } = await hawser("ip", "10.6.0.2");
  expect(code).toBe(0);
  expect(stdout).toContain(`web eth0 of network one has it, says its add and ${node.path}/pool/`);
  expect(stdout).toContain("the kernel agrees: 10.6.0.2/29 on eth0 in /run/netns/blue");
  expect(stdout).toContain("of the range 10.6.0.1-10.6.0.6 of network one");
  expect(stdout).toContain("of the range 10.6.0.1-10.6.255.254 of network two");
  expect(await json("ip", "FD06:0::2")).toMatchObject({
    address: "fd06::2",
    holders: [{ containerId: "web", kernel: "there", given: true, state: "ok" }],
    ranges: [{ network: "one", role: "range" }],
  });
  await must(["ip", "-n", "blue", "address", "del", "10.6.0.2/29", "dev", "eth0"]);
  expect((await hawser("ip", "10.6.0.2")).stdout).toContain("the kernel does not agree");
  await hawser("del", "one", "--id", "web");
  const after = await hawser("ip", "10.6.0.2");
  expect(after.stdout).toContain("10.6.0.2 is not in use\n");
  expect(after.stdout).toMatch(/who had it:\n {2}\S+ to \S+: web eth0 of network one\n/u);
});

test("ip tells what an address is to a network, and refuses what is of none", async () => {
  await add("one", "blue", "--id", "web");
  const lines = async (address: string): Promise<string> => (await hawser("ip", address)).stdout;
  expect(await lines("10.6.0.1")).toContain("10.6.0.1 is the host's own: 10.6.0.1/29 on br-one");
  expect(await lines("10.6.0.1")).toContain("the gateway of 10.6.0.0/29 of network one");
  expect(await lines("10.6.0.7")).toContain("the broadcast address of 10.6.0.0/29 of network one");
  const none = await hawser("ip", "10.60.0.2");
  expect([none.code, none.stdout]).toEqual([1, ""]);
  expect(none.stderr).toContain("nothing here has 10.60.0.2 or had it");
  expect(none.stderr).toContain("hawser pools shows the ranges of one, two");
  expect((await hawser("ip", "10.6.0")).code).toBe(2);
});

test("ports tells what has a port, what waits for it, and which process listens there", async () => {
  await add("one", "blue", "--id", "web", "-p", "8080:80");
  await add("one", "red", "--id", "web2", "-p", "8080:81", "-p", "127.0.0.1:53:53/udp");
  const { stdout } = await hawser("ports");
  const table = stdout.split("\n").map((line) => line.trim().replaceAll(/ {2,}/gu, "|"));
  expect(table).toEqual([
    "PORT|PROTOCOL|HOST ADDRESS|LEADS TO|CONTAINER|NETWORK|STATE",
    "53|udp|127.0.0.1|10.6.0.3:53|web2 eth0|one|mapped",
    "8080|tcp|all|10.6.0.2:80|web eth0|one|mapped",
    "8080|tcp|all|10.6.0.3:81|web2 eth0|one|waits for web eth0",
    "8080|tcp|all|[fd06::2]:80|web eth0|one|mapped",
    "8080|tcp|all|[fd06::3]:81|web2 eth0|one|waits for web eth0",
    "",
  ]);
  using server = Bun.listen({ hostname: "0.0.0.0", port: 8080, socket: { data: () => undefined } });
  const one = await json("ports", "8080/tcp");
  expect(one["ports"]).toHaveLength(4);
  expect(one["ports"]).toContainEqual({
    ...{ hostPort: 8080, protocol: "tcp", address: "10.6.0.2", containerPort: 80 },
    ...{ network: "one", containerId: "web", ifName: "eth0", state: "mapped" },
    sources: ["own", "attachment"],
  });
  expect(one["listeners"]).toMatchObject([{ port: server.port, process: { pid: process.pid } }]);
  const free = await hawser("ports", "81");
  expect([free.code, free.stdout]).toEqual([0, "port 81 is free; mapped are: 53, 8080\n"]);
  expect((await hawser("ports", "81000")).code).toBe(2);
  await ended(blue);
  expect((await json("ports", "8080"))["ports"]).toMatchObject([
    { containerId: "web", state: "dead" },
    { containerId: "web2", state: "waiting", holder: { containerId: "web" } },
    { containerId: "web", state: "dead" },
    { containerId: "web2", state: "waiting" },
  ]);
  await must(["nft", "flush", "ruleset"]);
  blue = await host.container("blue");
  expect((await json("ports", "53"))["ports"]).toMatchObject([
    { containerId: "web2", state: "missing", hostIP: "127.0.0.1" },
  ]);
});

test("pools tells how full ranges are, what is leaked, and which overlap", async () => {
  await add("one", "blue", "--id", "web");
  await add("one", "red", "--id", "web2");
  expect(await json("pools", "one")).toMatchObject({
    pools: [
      { first: "10.6.0.1", inUse: 2, free: 3, excluded: 1, percent: 40, leaked: [] },
      { first: "fd06::1", inUse: 2, leaked: [] },
    ],
  });
  await ended(blue);
  const { stdout } = await hawser("pools");
  expect(stdout).toMatch(/^one +10\.6\.0\.1-10\.6\.0\.6 +2 +3 +40% +1 +1$/mu);
  expect(stdout).toContain(
    "reserved for what is gone are 10.6.0.2 (web eth0); hawser gc one --dead",
  );
  expect(stdout).toContain("10.6.0.1-10.6.0.6: overlaps with 10.6.0.1-10.6.255.254 of network two");
  const leaked = await json("pools", "--leaked");
  expect(leaked["pools"]).toMatchObject([
    { leaked: [{ address: "10.6.0.2", containerId: "web", state: "orphan" }] },
    { leaked: [{ address: "fd06::2", state: "orphan" }] },
  ]);
  await hawser("gc", "one", "--dead");
  expect((await json("pools", "--leaked"))["pools"]).toEqual([]);
  const typo = await hawser("pools", "onne");
  expect([typo.code, typo.stdout]).toEqual([3, ""]);
  expect(typo.stderr).toContain("did you mean one? there are: one, two");
  blue = await host.container("blue");
});

test("what the Go plugins left is read without any of Hawser's notes", async () => {
  const pool = join(node.path, "pool", "one");
  mkdirSync(pool, { recursive: true });
  writeFileSync(join(pool, "10.6.0.4"), "pod1\r\neth0");
  writeFileSync(join(pool, "last_reserved_ip.0"), "10.6.0.4");
  writeFileSync(join(pool, "lock"), "");
  mkdirSync("/var/lib/cni/results", { recursive: true });
  const result = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", sandbox: blue.netns }],
    ips: [{ address: "10.6.0.4/29", interface: 0 }],
  };
  const entry = {
    ...{ kind: "cniCacheV1", containerId: "pod1", ifName: "eth0", networkName: "one" },
    ...{ netns: blue.netns, result },
    config: Buffer.from(readFileSync(join(node.path, "one.conflist"))).toString("base64"),
  };
  writeFileSync("/var/lib/cni/results/one-pod1-eth0", JSON.stringify(entry));
  expect(await json("ip", "10.6.0.4")).toMatchObject({
    holders: [{ containerId: "pod1", kernel: "absent", given: true }],
    history: [],
  });
  expect((await json("pools", "one"))["pools"]).toMatchObject([
    { inUse: 1, leaked: [], lastReserved: "10.6.0.4" },
    { inUse: 0 },
  ]);
  rmSync("/var/lib/cni/results/one-pod1-eth0");
  expect((await hawser("ip", "10.6.0.4")).stdout).toContain("pod1 eth0 of network one has it");
});
