/** `hawser cluster` on a fleet whose store is files of this machine. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { answerProblems } from "../../tests/support/json-schema.ts";
import { Prefix } from "../addr/index.ts";
import { FleetKeys, type NodeRecord, type Part, type Picture } from "../fleet/index.ts";
import type { JsonObject } from "../spec/index.ts";
import { FileStore } from "../store/files/index.ts";
import { runHawser } from "./hawser.ts";
import type { CliIo } from "./io.ts";

const KEYS = new FleetKeys("pods");

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cli-cluster-"));
  for (const name of ["net.d", "data", "cache"]) mkdirSync(join(directory, name));
  network("pods", {});
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Writes the configuration of a fleet's network. */
function network(name: string, more: JsonObject): void {
  const ipam = {
    ...{ type: "cluster", subnet: "10.42.0.0/24", blockSize: 28, quarantine: "2m" },
    store: { files: { directory: join(directory, "store") } },
    dataDir: join(directory, "data"),
    ...more,
  };
  const list = { cniVersion: "1.1.0", name, plugins: [{ type: "ptp", ipam }] };
  writeFileSync(join(directory, "net.d", `${name}.conflist`), JSON.stringify(list));
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function cluster(words: readonly string[], more: Partial<CliIo> = {}): Promise<Answer> {
  const env = {
    NETCONFPATH: join(directory, "net.d"),
    HAWSER_STATE_DIR: join(directory, "state"),
  };
  const { io, stdout, stderr } = fakeIo(["cluster", ...words], { env, cwd: directory, ...more });
  const code = await runHawser(io);
  return { code, stdout: stdout(), stderr: stderr() };
}

async function json(...words: readonly string[]): Promise<JsonObject> {
  const { stdout } = await cluster([...words, "--json"]);
  const answer = JSON.parse(stdout) as JsonObject;
  expect(answerProblems(answer)).toEqual([]);
  return answer;
}

/** It did what was asked, and says so. */
function said({ code, stdout }: Answer, text: string): void {
  expect(code).toBe(0);
  expect(stdout).toContain(text);
}

/** It refused, and says why. */
function refused({ code, stderr }: Answer, exitCode: number, text: string): void {
  expect(code).toBe(exitCode);
  expect(stderr).toContain(text);
}

/** Writes records as nodes do. */
async function put(records: Readonly<Record<string, unknown>>): Promise<void> {
  await using store = FileStore.open(join(directory, "store"));
  const changes = Object.entries(records).map(([key, value]) => ({
    put: key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
  expect((await store.transact([], changes)).done).toBe(true);
}

function node(epoch: number, more: Partial<NodeRecord> = {}): NodeRecord {
  return { epoch, session: `s${epoch}`, gateways: [], version: "0.1.0", ...more };
}

function block(prefix: string, ...parts: readonly Part[]): Readonly<Record<string, unknown>> {
  return { [KEYS.block(Prefix.parse(prefix))]: { parts } };
}

function alive(id: string, epoch: number): Readonly<Record<string, unknown>> {
  return { [KEYS.alive(id)]: { epoch, session: `s${epoch}`, member: "m", word: 1 } };
}

/** node-1 lives and holds a block and a half; node-2 is dead, and holds the other half. */
async function twoNodes(): Promise<void> {
  expect((await cluster(["init"])).code).toBe(0);
  await put({
    [KEYS.node("node-1")]: node(1, { gateways: ["10.42.0.1"], underlay: "192.0.2.1" }),
    ...alive("node-1", 1),
    [KEYS.node("node-2")]: node(3),
    [KEYS.quarantine("node-2", 3)]: { elapsedMs: 30_000, since: "2" },
    ...block("10.42.0.0/28", { prefix: "10.42.0.0/28", node: "node-1", epoch: 1 }),
    ...block(
      "10.42.0.16/28",
      { prefix: "10.42.0.16/29", node: "node-1", epoch: 1 },
      { prefix: "10.42.0.24/29", node: "node-2", epoch: 3 },
    ),
  });
}

test("init sets a fleet up once, and refuses another one of its name", async () => {
  expect(await json("init")).toMatchObject({ state: "made", fleet: { network: "pods" } });
  expect(await json("init")).toMatchObject({ state: "there" });
  network("pods", { subnet: "10.43.0.0/24" });
  refused(await cluster(["init"]), 1, "10.43.0.0/24 here, 10.42.0.0/24");
});

test("init refuses addresses of another fleet in the same store, of which no file here speaks", async () => {
  for (const name of ["pod", "pods-2", "a"]) {
    network(name, { subnet: `10.${name.length}.0.0/16` });
    expect((await cluster(["init", name])).code).toBe(0);
    rmSync(join(directory, "net.d", `${name}.conflist`));
  }
  await put({ "/hawser/1/stray": "other", "/hawser/1/b/x": "other", "/hawser/1/c/fleet": "[]" });
  network("pods", { subnet: "10.6.7.0/24" });
  refused(await cluster(["init", "pods"]), 3, "10.6.7.0/24 overlaps 10.6.0.0/16");
  network("pods", { subnet: "10.7.0.0/16" });
  expect((await cluster(["init", "pods"])).code).toBe(0);
});

test("init of a fleet without an overlay says whose affair the way is", async () => {
  network("pods", { overlay: "none" });
  said(await cluster(["init"]), "routers");
});

test("status tells nodes, addresses and quarantine in a screenful", async () => {
  await twoNodes();
  const { code, stdout } = await cluster(["status"]);
  expect(code).toBe(0);
  expect(stdout).toContain("nodes      1 alive; 1 dead, in quarantine: node-2");
  expect(stdout).toContain("24 of 256 held by nodes alive, 8 by dead ones, 12.5 %, 2 blocks");
  expect(stdout.split("\n").length).toBeLessThan(24);
  expect(await json("status")).toMatchObject({
    operation: "CLUSTER",
    nodes: [
      { node: "node-1", state: "alive", addresses: 24, underlay: "192.0.2.1" },
      { node: "node-2", state: "dead", deadMs: 30_000, holds: ["10.42.0.24/29"] },
    ],
  });
});

test("nodes and blocks are tables; a node that is not there is named, and the nearest", async () => {
  await twoNodes();
  expect((await cluster(["nodes"])).stdout).toMatch(/^node-2 +dead, kept for 90s +3 +- +8 /m);
  const { stdout } = await cluster(["blocks", "--node", "node-2"]);
  expect(stdout).toMatch(/^10\.42\.0\.16\/28 +10\.42\.0\.24\/29 +8 +node-2 +3 +dead$/m);
  expect(stdout).not.toContain("node-1");
  const wrong = await cluster(["blocks", "--node", "node-3"]);
  refused(wrong, 1, "did you mean node-");
});

test("ip tells block, node and epoch, and what is not the fleet's", async () => {
  await twoNodes();
  const held = await cluster(["ip", "10.42.0.25"]);
  expect(held.stdout).toContain(
    "10.42.0.25 is of part 10.42.0.24/29 of block 10.42.0.16/28, held by node-2 in its epoch 3",
  );
  expect((await cluster(["ip", "10.42.0.1"])).stdout).toContain(
    "gateway of the containers on node-1",
  );
  expect((await cluster(["ip", "10.42.0.200"])).stdout).toContain("it is free");
  expect(await json("ip", "10.42.0.25")).toMatchObject({ part: { node: "node-2" }, here: false });
  const foreign = await cluster(["ip", "10.9.0.1"]);
  refused(foreign, 1, "of no subnet");
});

test("forget asks, frees what the node held, and refuses for one that lives", async () => {
  await twoNodes();
  const living = await cluster(["forget", "node-1", "--yes"]);
  refused(living, 1, "node-1 lives");
  const unasked = await cluster(["forget", "node-2"]);
  refused(unasked, 2, "--yes");
  const no = await cluster(["forget", "node-2"], { ask: async () => "n" });
  refused(no, 1, "nothing was done");
  const yes = await cluster(["forget", "node-2"], { ask: async () => "y" });
  said(yes, "free now: 10.42.0.24/29");
  const { blocks } = (await json("blocks")) as { blocks: JsonObject[] };
  expect(blocks.filter(({ node: owner }) => owner === undefined)).toMatchObject([
    { prefix: "10.42.0.24/29" },
  ]);
});

test("release frees an address of a dead node, and no more", async () => {
  await twoNodes();
  expect(await json("release", "10.42.0.25", "--yes")).toMatchObject({ freed: ["10.42.0.25/32"] });
  refused(await cluster(["release", "10.42.0.1", "--yes"]), 1, "node-1 lives");
  const again = await cluster(["release", "10.42.0.25", "--yes"]);
  refused(again, 1, "is free");
  expect((await cluster(["release", "nonsense", "--yes"])).code).toBe(2);
});

test("release frees a name, whichever node has it, and status and ip show names", async () => {
  await twoNodes();
  const record = { addresses: ["10.42.0.3"], node: "node-1", epoch: 1 };
  await put({ [KEYS.sticky("default/web-0")]: JSON.stringify(record) });
  said(await cluster(["status"]), "names      default/web-0 10.42.0.3");
  said(await cluster(["ip", "10.42.0.3"]), "it follows the name default/web-0, last on node-1");
  const name = { name: "default/web-0", node: "node-1", addresses: ["10.42.0.3"] };
  expect(await json("ip", "10.42.0.3")).toMatchObject({ follows: name });
  refused(await cluster(["release", "--name", "default/web-1", "--yes"]), 1, "default/web-0");
  refused(await cluster(["release", "--name", "default/web-0"]), 2, "--yes");
  expect(await json("release", "--name", "default/web-0", "--yes")).toMatchObject({
    names: [name],
  });
  expect(await json("status")).toMatchObject({ names: [] });
  expect((await cluster(["release", "--yes"])).code).toBe(2);
  expect((await cluster(["release", "10.42.0.1", "--name", "x", "--yes"])).code).toBe(2);
});

test("check names what does not fit together, each with what mends it", async () => {
  await twoNodes();
  await put({
    ...block("10.42.0.32/28", { prefix: "10.42.0.32/28", node: "ghost", epoch: 1 }),
    [`${KEYS.blocks}4/zz`]: "other",
    [KEYS.node("node-1")]: node(1, { gateways: ["10.42.0.200"] }),
  });
  picture({
    epoch: 1,
    holdings: [
      ["10.42.0.0/28", "held"],
      ["10.42.0.24/29", "held"],
      ["10.42.0.64/28", "lost"],
    ],
  });
  const { code, stdout } = await cluster(["check"]);
  expect(code).toBe(1);
  const { findings } = (await json("check")) as unknown as {
    findings: { name: string; remedy: string }[];
  };
  expect(findings.map(({ name }) => name).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    ...["dead-node", "foreign-key", "gateway-elsewhere", "lost"],
    ...["not-its-own", "not-noted", "unknown-node"],
  ]);
  for (const { remedy } of findings) expect(stdout).toContain(remedy);
});

test("a fleet in good order agrees", async () => {
  await twoNodes();
  picture({
    epoch: 1,
    holdings: [
      ["10.42.0.0/28", "held"],
      ["10.42.0.16/29", "held"],
    ],
  });
  said(await cluster(["check"]), "store and nodes agree");
});

test("check names addresses that are reserved for nothing, each with what mends it", async () => {
  await twoNodes();
  const addresses = Array.from({ length: 7 }, (_, at) => `10.42.0.${at + 2}`);
  for (const address of addresses) {
    const path = join(directory, "data/pods/reservations", address);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `c-${address}\r\neth0`);
    utimesSync(path, 1, 1);
  }
  const { findings } = (await json("check")) as unknown as {
    findings: { name: string; message: string; remedy: string }[];
  };
  const leaks = findings.filter(({ name }) => name === "leaked");
  expect(leaks).toHaveLength(6);
  expect(leaks[0]?.message).toMatch(/^10\.42\.0\.2 is reserved for c-10\.42\.0\.2 eth0: /u);
  expect(leaks[0]?.remedy).toBe("hawser del pods --id c-10.42.0.2");
  expect(leaks[5]).toMatchObject({
    message: "2 more addresses are reserved for what is gone",
    remedy: "hawser pools pods --leaked names them",
  });
  expect((await cluster(["check"])).code).toBe(1);
});

test("a halted fleet says why, and goes on without those who have not asserted only when told", async () => {
  await twoNodes();
  await put({ [KEYS.halt]: { reason: "the store went back", by: "node-1" } });
  const { stdout } = await cluster(["status"]);
  expect(stdout).toContain("halted     the store went back (seen by node-1)");
  const asked = await cluster(["init", "--resume"]);
  refused(asked, 2, "without node-1, node-2");
  expect(await json("init", "--resume", "--yes")).toMatchObject({
    state: "resumed",
    fleet: { generation: 1 },
  });
  const again = await cluster(["init", "--resume"]);
  refused(again, 1, "is not halted");
});

test("which fleet is meant has to be clear", async () => {
  network("other", { subnet: "10.44.0.0/24" });
  const two = await cluster(["status"]);
  refused(two, 2, "--network other or pods");
  const typo = await cluster(["status", "--network", "pod"]);
  refused(typo, 3, "did you mean pods?");
  const unborn = await cluster(["status", "--network", "other"]);
  refused(unborn, 1, "cluster init");
  const file = join(directory, "net.d", "pods.conflist");
  const list = JSON.parse(
    readFileSync(file, "utf8").replace('"cluster"', '"host-local"'),
  ) as object;
  writeFileSync(file, JSON.stringify({ ...list, name: "plain" }));
  const plain = await cluster(["status", "--network", "plain"]);
  refused(plain, 3, "is no fleet's");
});

test("names from the store cannot act upon the terminal", async () => {
  await twoNodes();
  const evil = "evil\u001b[2Jx";
  await put({
    [KEYS.node(evil)]: node(1),
    [KEYS.halt]: { reason: "\u001b]0;title\u0007", by: evil },
  });
  for (const words of [["status"], ["nodes"], ["blocks"], ["check"]]) {
    const { stdout } = await cluster(words);
    expect([words, stdout.includes("\u001b")]).toEqual([words, false]);
  }
});

test("a store that is away is one line, with what goes on", async () => {
  network("pods", { store: { etcd: { endpoints: ["http://127.0.0.1:1"], timeout: "1s" } } });
  const { code, stderr } = await cluster(["status"]);
  expect(code).toBe(4);
  expect(stderr.split("\n").filter((line) => line !== "")).toHaveLength(2);
  expect(stderr).toContain("nodes go on serving from the blocks that they hold");
});

interface PictureWish {
  readonly epoch: number;
  readonly holdings: readonly (readonly [string, "held" | "lost"])[];
}

/** This node is node-1, as its picture says. */
function picture({ epoch, holdings }: PictureWish): void {
  const made: Picture = {
    ...{ format: 1, network: "pods", node: "node-1", epoch, session: `s${epoch}`, boot: "b" },
    ...{ revision: "1", cluster: "", generation: 0, holdMs: 1 },
    subnets: [
      {
        subnet: "10.42.0.0/24",
        holdings: holdings.map(([prefix, state]) => ({ prefix, state })),
      },
    ],
  };
  mkdirSync(join(directory, "data/pods"), { recursive: true });
  writeFileSync(join(directory, "data/pods/picture.json"), JSON.stringify(made));
}
