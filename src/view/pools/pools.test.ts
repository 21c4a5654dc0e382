import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ip } from "../../addr/index.ts";
import { type CachedAttachment, networkFromText } from "../../runtime/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { KnownAttachment } from "../known.ts";
import { rangeConfigs } from "./configs.ts";
import { Attached, isLeaked } from "./holding.ts";
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
  const path = join(dataDir, network, address);
  mkdirSync(join(dataDir, network), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

const known = (containerId: string, more: Partial<KnownAttachment> = {}): KnownAttachment => ({
  ...{ network: "one", containerId, ifName: "eth0", netns: "" },
  ...{ finished: true, earlierBoot: false, isCached: true, ...more },
});

async function only(ipam: JsonObject, attached: Attached): Promise<Pool> {
  const { pools, problems } = await lookAtPools([range("one", ipam)], attached);
  expect(problems).toEqual([]);
  expect(pools).toHaveLength(1);
  return pools[0] as Pool;
}

test("a range is counted: in use, free, excluded, asked for, and where the search goes on", async () => {
  reserve("one", "10.1.0.2", "a\r\neth0");
  reserve("one", "10.1.0.3", "b\r\neth0");
  reserve("one", "10.1.0.1", "router\r\neth0");
  reserve("one", "last_reserved_ip.0", "10.1.0.3");
  reserve("one", "lock", "");
  const all = ["a", "b", "router"].map((id) => known(id));
  const pool = await only({ subnet: "10.1.0.0/29", exclude: ["10.1.0.6"] }, new Attached(all));
  expect(pool).toMatchObject({ size: 6n, excluded: 2n, inUse: 2n, free: 2n, requested: 1n });
  expect(pool.last?.toString()).toBe("10.1.0.3");
  expect(pool.leaked).toEqual([]);
  expect(percentOf(pool)).toBe(50);
  expect(fullness(pool)).toBeUndefined();
});

test("a range of 2^64 addresses is a number, and costs what a small one does", async () => {
  reserve("one", "fd00::5", "a\r\neth0");
  const pool = await only({ subnet: "fd00::/64" }, new Attached([known("a")]));
  expect(pool.size).toBe(2n ** 64n - 1n);
  expect(pool.free).toBe(2n ** 64n - 3n);
  expect(percentOf(pool)).toBe(0);
});

test("what is leaked, kept, unclear and about to be attached is told apart", async () => {
  reserve("one", "10.1.0.2", "here\r\neth0");
  reserve("one", "10.1.0.3", "rebooted\r\neth0");
  reserve("one", "10.1.0.4", "nobody\r\neth0");
  reserve("one", "10.1.0.5", "here"); // by plugins before 0.7
  reserve("one", "10.1.0.6", "the printer has it\n");
  reserve("one", "10.1.0.7", "a\r\nb\r\nc");
  reserve("one", "10.1.0.8", ""); // its writer died: it is free
  reserve("one", "10.1.0.9", "soon\r\neth0");
  utimesSync(join(dataDir, "one", "10.1.0.9"), new Date(), new Date());
  const attached = new Attached([known("here"), known("rebooted", { earlierBoot: true })]);
  const pool = await only({ subnet: "10.1.0.0/24" }, attached);
  expect(pool.inUse).toBe(7n);
  expect(pool.leaked.map(({ reservation, state }) => [reservation.ip.toString(), state])).toEqual([
    ["10.1.0.3", "gone"],
    ["10.1.0.4", "unknown"],
  ]);
  const state = (ip: string, holder: Parameters<Attached["of"]>[1], writtenMs = 0): string =>
    attached.judge("one", { ip: Ip.parse(ip), path: "", holder, writtenMs }).state;
  expect(state("10.1.0.6", { kind: "container", containerId: "x", isLine: true })).toBe("kept");
  expect(state("10.1.0.7", { kind: "unknown" })).toBe("unclear");
  const soon = { kind: "attachment", containerId: "soon", ifName: "eth0" } as const;
  expect(state("10.1.0.9", soon, Date.now())).toBe("young");
});

test("where nothing is known of attachments, nothing is called leaked", async () => {
  reserve("one", "10.1.0.2", "a\r\neth0");
  const pool = await only({ subnet: "10.1.0.0/24" }, new Attached(undefined));
  expect(pool).toMatchObject({ inUse: 1n, leaked: [] });
  const holding = new Attached(undefined).judge("one", {
    ...{ ip: Ip.parse("10.1.0.2"), path: "", writtenMs: 0 },
    holder: { kind: "attachment", containerId: "a", ifName: "eth0" },
  });
  expect([holding.state, isLeaked(holding)]).toEqual(["unclear", false]);
});

test("ranges of other networks overlap, those of one family and those alone", async () => {
  const { pools } = await lookAtPools(
    [
      range("one", { subnet: "10.1.0.0/16" }),
      range("two", { subnet: "10.1.2.0/24" }),
      range("three", { subnet: "10.2.0.0/24" }),
      range("six", { subnet: "fd00::/64" }),
    ],
    new Attached([]),
  );
  const overlaps = Object.fromEntries(pools.map(({ network, overlaps: all }) => [network, all]));
  expect(overlaps).toEqual({
    one: [{ network: "two", range: "10.1.2.1-10.1.2.254" }],
    two: [{ network: "one", range: "10.1.0.1-10.1.255.254" }],
    three: [],
    six: [],
  });
});

test("marks what is full and nearly full", async () => {
  for (let at = 2; at <= 13; at++) reserve("one", `10.1.0.${at}`, `c${at}\r\neth0`);
  const all = new Attached(undefined);
  expect(fullness(await only({ subnet: "10.1.0.0/28" }, all))).toBe("nearly full");
  reserve("one", "10.1.0.14", "c14\r\neth0");
  expect(fullness(await only({ subnet: "10.1.0.0/28" }, all))).toBe("full");
});

test("a reservation outside of the ranges is a stray, a wrong range a problem", async () => {
  reserve("one", "10.9.0.2", "a\r\neth0");
  const { strays, problems, pools } = await lookAtPools(
    [range("one", { subnet: "10.1.0.0/24" }), range("bad", { subnet: "10.1.0.1/24" })],
    new Attached([known("a")]),
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
  const cached = [before, { ...before, containerId: "b" }, { ...before, config: "no JSON" }];
  const found = rangeConfigs([{ config, file, origins: [file, file] }], cached);
  expect(
    found.map(({ file: from, config: { ipam } }) => [from, (ipam as JsonObject)["subnet"]]),
  ).toEqual([
    [file, "10.1.0.0/24"],
    [undefined, "10.2.0.0/24"],
  ]);
  expect(found[1]?.config["runtimeConfig"]).toEqual({ ipRanges: [[{ subnet: "10.3.0.0/24" }]] });
});
