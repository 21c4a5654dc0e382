import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CachedAttachment, type LoadedNetwork, networkFromText } from "../../runtime/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { NodeAttachment, NodeView } from "../attachments/index.ts";
import { type Problem, type Reservation, reservationsOf } from "../sources/index.ts";
import { rangeConfigs } from "./configs.ts";
import { holdingsOf } from "./holding.ts";
import { fullness, lookAtPools, type Pool, percentOf } from "./pools.ts";

let dataDir = "";

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "pools-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const range = (network: string, ipam: JsonObject): { network: string; config: JsonObject } => ({
  network,
  config: { type: "bridge", ipam: { type: "host-local", dataDir, ...ipam } },
});

/** As the Go plugin writes it: no newline at the end; old ones have the container alone. */
function reserve(network: string, address: string, content: string): void {
  mkdirSync(join(dataDir, network), { recursive: true });
  writeFileSync(join(dataDir, network, address), content);
}

type Stated = Partial<Pick<NodeAttachment, "state" | "network" | "cached">>;

/** The view of a node with these attachments: each has what is reserved for it. */
function viewOf(attachments: Readonly<Record<string, Stated>>): NodeView {
  const problems: Problem[] = [];
  const reservations = reservationsOf({ dataDir, named: new Map() }, (each) => problems.push(each));
  expect(problems).toEqual([]);
  const isFor = ({ holder }: Reservation, containerId: string): boolean =>
    "containerId" in holder && holder.containerId === containerId;
  const all = Object.entries(attachments).map(
    ([containerId, more]): NodeAttachment => ({
      ...{ network: "one", containerId, ifName: "eth0", sources: ["cache"], state: "ok" },
      ...{ findings: [], netns: "", netnsState: "alive", finished: true, earlierBoot: false },
      ...{ addresses: [], ports: [] },
      reservations: reservations.filter((one) => isFor(one, containerId)),
      ...more,
    }),
  );
  const networks = new Map<string, LoadedNetwork>();
  const configured = { networks: [], skipped: [], warnings: [] };
  return { attachments: all, problems, configured, networks, links: undefined, reservations };
}

function only(ipam: JsonObject, attachments: Readonly<Record<string, Stated>>): Pool {
  const { pools, problems } = lookAtPools([range("one", ipam)], viewOf(attachments));
  expect(problems).toEqual([]);
  expect(pools).toHaveLength(1);
  return pools[0] as Pool;
}

test("a range is counted: in use, free, excluded, asked for, and where the search goes on", () => {
  reserve("one", "10.1.0.2", "a\r\neth0");
  reserve("one", "10.1.0.3", "b\r\neth0");
  reserve("one", "10.1.0.1", "router\r\neth0");
  reserve("one", "last_reserved_ip.0", "10.1.0.3");
  reserve("one", "lock", "");
  const exclude = ["10.1.0.6"];
  const pool = only({ subnet: "10.1.0.0/29", exclude }, { a: {}, b: {}, router: {} });
  expect(pool).toMatchObject({ size: 6n, excluded: 2n, inUse: 2n, free: 2n, requested: 1n });
  expect(pool.last?.toString()).toBe("10.1.0.3");
  expect(pool.leaked).toEqual([]);
  expect(percentOf(pool)).toBe(50);
  expect(fullness(pool)).toBeUndefined();
});

test("a range of 2^64 addresses is a number, and costs what a small one does", () => {
  reserve("one", "fd00::5", "a\r\neth0");
  const pool = only({ subnet: "fd00::/64" }, { a: {} });
  expect(pool.size).toBe(2n ** 64n - 1n);
  expect(pool.free).toBe(2n ** 64n - 3n);
  expect(percentOf(pool)).toBe(0);
});

test("what is leaked, kept, unclear and about to be attached is told apart", () => {
  reserve("one", "10.1.0.2", "here\r\neth0");
  reserve("one", "10.1.0.3", "rebooted\r\neth0");
  reserve("one", "10.1.0.4", "nowhere\r\neth0");
  reserve("one", "10.1.0.5", "here"); // by plugins before 0.7
  reserve("one", "10.1.0.6", "the printer has it\n");
  reserve("one", "10.1.0.7", "a\r\nb\r\nc");
  reserve("one", "10.1.0.8", ""); // its writer died: it is free
  utimesSync(join(dataDir, "one", "10.1.0.8"), 1_700_000_000, 1_700_000_000);
  reserve("one", "10.1.0.9", "soon\r\neth0");
  const attachments: Readonly<Record<string, Stated>> = {
    here: { state: "drift" },
    rebooted: { state: "orphan" },
    nowhere: { state: "leak" },
    soon: { state: "unfinished" },
  };
  const pool = only({ subnet: "10.1.0.0/24" }, attachments);
  expect(pool.inUse).toBe(7n);
  expect(pool.leaked.map(({ ip }) => ip.toString())).toEqual(["10.1.0.3", "10.1.0.4"]);
  const states = holdingsOf(viewOf(attachments)).map(({ ip, state }) => [ip.toString(), state]);
  expect(states).toEqual([
    ["10.1.0.2", "attached"],
    ["10.1.0.3", "orphan"],
    ["10.1.0.4", "leak"],
    ["10.1.0.5", "attached"],
    ["10.1.0.6", "kept"],
    ["10.1.0.7", "unclear"],
    ["10.1.0.9", "unfinished"],
  ]);
});

test("ranges of other networks overlap, those of one family and those alone", () => {
  const { pools } = lookAtPools(
    [
      range("one", { subnet: "10.1.0.0/16" }),
      range("two", { subnet: "10.1.2.0/24" }),
      range("three", { subnet: "10.2.0.0/24" }),
      range("six", { subnet: "fd00::/64" }),
    ],
    viewOf({}),
  );
  const overlaps = Object.fromEntries(pools.map(({ network, overlaps: all }) => [network, all]));
  expect(overlaps).toEqual({
    one: [{ network: "two", range: "10.1.2.1-10.1.2.254" }],
    two: [{ network: "one", range: "10.1.0.1-10.1.255.254" }],
    three: [],
    six: [],
  });
});

test("marks what is full and nearly full", () => {
  for (let at = 2; at <= 13; at++) reserve("one", `10.1.0.${at}`, `c${at}\r\neth0`);
  expect(fullness(only({ subnet: "10.1.0.0/28" }, {}))).toBe("nearly full");
  reserve("one", "10.1.0.14", "c14\r\neth0");
  expect(fullness(only({ subnet: "10.1.0.0/28" }, {}))).toBe("full");
});

test("a reservation outside of the ranges is a stray, a wrong range a problem", () => {
  reserve("one", "10.9.0.2", "a\r\neth0");
  const { strays, problems, pools } = lookAtPools(
    [range("one", { subnet: "10.1.0.0/24" }), range("bad", { subnet: "10.1.0.1/24" })],
    viewOf({ a: {} }),
  );
  expect(strays).toMatchObject([{ network: "one", containerId: "a", state: "attached" }]);
  expect(pools).toHaveLength(1);
  expect(problems).toEqual([expect.stringContaining("network bad: ")]);
});

test("ranges come from files, from what is attached, and from what a runtime granted", () => {
  const list = (subnet: string): string =>
    JSON.stringify({
      cniVersion: "1.1.0",
      name: "one",
      plugins: [
        { type: "bridge", capabilities: { ipRanges: true }, ipam: { type: "host-local", subnet } },
        { type: "portmap" },
      ],
    });
  const config = networkFromText(list("10.1.0.0/24"));
  const file = "/etc/cni/net.d/one.conflist";
  const before: CachedAttachment = {
    ...{ network: "one", containerId: "a", ifName: "eth0", netns: "", args: [] },
    ...{ finished: true, earlierBoot: false, config: list("10.2.0.0/24") },
    capabilityArgs: { ipRanges: [[{ subnet: "10.3.0.0/24" }]] },
  };
  const attached = viewOf({ a: { cached: before } }).attachments;
  const attachments = [
    ...attached,
    ...viewOf({ b: { cached: { ...before, containerId: "b" } } }).attachments,
    ...viewOf({ c: { cached: { ...before, config: "no JSON" } } }).attachments,
  ];
  const networks = new Map([["one", { config, file, origins: [file, file] }]]);
  const found = rangeConfigs({ networks, attachments });
  const subnetOf = (each: JsonObject): unknown => (each["ipam"] as JsonObject)["subnet"];
  expect(found.map((each) => [each.file, subnetOf(each.config)])).toEqual([
    [file, "10.1.0.0/24"],
    [undefined, "10.2.0.0/24"],
  ]);
  expect(found[1]?.config["runtimeConfig"]).toEqual({ ipRanges: [[{ subnet: "10.3.0.0/24" }]] });
});
