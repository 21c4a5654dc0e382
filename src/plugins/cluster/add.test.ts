import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterLab, SUBNET4, SUBNET6, subnetPicture } from "../../../tests/support/cluster.ts";
import { type Answer, addressesOf, type Ipam } from "../../../tests/support/host-local.ts";
import { Membership } from "../../cluster/member/index.ts";
import { clusterNetwork } from "../../cluster/networks/index.ts";
import { openStore } from "../../cluster/store/index.ts";
import type { Picture } from "../../fleet/index.ts";
import { type JsonObject, parseJson } from "../../spec/index.ts";

const DUAL = { subnet: undefined, subnets: [SUBNET4, SUBNET6] };
const dual = [
  subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", "held"]),
  subnetPicture(SUBNET6, "fd00:42::41", ["fd00:42::40/122", "held"]),
];

test("ADD gives an address of the node's blocks, with the subnet's length, and asks no store", async () => {
  using lab = new ClusterLab();
  lab.picture();
  const answer = await lab.add("c1");
  expect(answer.json).toEqual({
    cniVersion: "1.1.0",
    ips: [{ address: "10.42.0.64/16", gateway: "10.42.0.65" }],
    routes: [{ dst: "0.0.0.0/0" }],
  });
  expect(answer.stderr).toBe("");
  expect(lab.reservations()).toEqual(["10.42.0.64"]);
  expect(lab.read("10.42.0.64")).toBe("c1\r\neth0");
  expect(existsSync(join(lab.directory, "wants"))).toBe(false);
});

test("an address of each family, with the configured routes", async () => {
  using lab = new ClusterLab();
  lab.picture({ subnets: dual });
  const routes = [{ dst: "192.0.2.0/24", gw: "10.42.0.66", mtu: 1300 }, { dst: "::/0" }];
  const answer = await lab.add("c1", { ...DUAL, routes, mtu: 1400 });
  expect(answer.json).toMatchObject({
    ips: [
      { address: "10.42.0.64/16", gateway: "10.42.0.65" },
      { address: "fd00:42::40/64", gateway: "fd00:42::41" },
    ],
    routes: [
      { dst: "192.0.2.0/24", gw: "10.42.0.66", mtu: 1300 },
      { dst: "::/0", mtu: 1400 },
    ],
  });
});

test("routes say how large packets may be where the version of the result can", async () => {
  using lab = new ClusterLab();
  lab.picture({ mtu: 1450 });
  const add = async (id: string, version: string): Promise<unknown> => {
    const config = lab.config({}, { cniVersion: version });
    return (await lab.call({ operation: "ADD", config, containerId: id })).json?.["routes"];
  };
  expect(await add("c1", "1.1.0")).toEqual([{ dst: "0.0.0.0/0", mtu: 1450 }]);
  expect(await add("c2", "1.0.0")).toEqual([{ dst: "0.0.0.0/0" }]);
  expect((await lab.add("c3", { routes: [] })).json?.["routes"]).toBeUndefined();
});

test("all addresses of the blocks are given but the gateway, and the ends of the subnet", async () => {
  using lab = new ClusterLab();
  const all = (...blocks: string[]): unknown =>
    lab.picture({
      subnets: [
        subnetPicture(SUBNET4, "10.42.0.1", ...blocks.map((each) => [each, "held"] as const)),
      ],
    });
  all("10.42.0.0/30", "10.42.255.252/30", "10.42.7.7/32");
  const given: string[] = [];
  for (let n = 0; n < 6; n++) given.push(...addressesOf(await lab.add(`c${n}`)));
  expect(given).toEqual([
    ...["10.42.0.2", "10.42.0.3"],
    ...["10.42.255.252", "10.42.255.253", "10.42.255.254", "10.42.7.7"],
  ]);
});

describe("ADD reserves nothing from a prefix that is", () => {
  test.each(["leaving", "lost", "asked", "resting"] as const)("%s", async (state) => {
    using lab = new ClusterLab();
    lab.picture({
      subnets: [
        subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", state], ["10.42.9.9/32", "held"]),
      ],
    });
    expect(addressesOf(await lab.add("c1"))).toEqual(["10.42.9.9"]);
    expect((await lab.add("c2")).json).toMatchObject({ code: 11 });
    expect(lab.reservations()).toEqual(["10.42.9.9"]);
  });
});

/** A node whose daemon is the member of the network, as far as ADD sees it. */
interface Running extends AsyncDisposable {
  readonly ipam: Ipam;
  readonly env: Readonly<Record<string, string>>;
}

async function runMember(lab: ClusterLab, ipam: Ipam): Promise<Running> {
  const end = new AbortController();
  const config = parseJson(lab.config(ipam)) as JsonObject;
  const { cluster } = clusterNetwork({ network: lab.network, config });
  const store = await openStore(cluster.store);
  const membership = new Membership({
    ...{ cluster, store, facts: () => ({ version: "1" }), report: () => undefined },
  });
  const running = membership.run(end.signal);
  return {
    ipam,
    env: { HAWSER_STATE_DIR: join(lab.root, `state of ${crypto.randomUUID()}`) },
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await running;
      await store[Symbol.asyncDispose]();
    },
  };
}

/** What has to be so that the plugin waits for the member, and in the end gives up. */
const WAITING: readonly (readonly [string, (lab: ClusterLab) => void, RegExp])[] = [
  ["there is no picture", () => undefined, /not joined/],
  [
    "the store has confirmed nothing since the machine started",
    (lab) => lab.picture({ confirmed: { boot: "another", atMs: 0 } }),
    /not yet confirmed/,
  ],
  [
    "the store has been silent for longer than the node may serve",
    (lab) => lab.picture({ holdMs: 0 }),
    /has not confirmed for/,
  ],
  [
    "the picture is torn",
    (lab) => {
      lab.picture();
      writeFileSync(join(lab.directory, "picture.json"), '{"format":1,');
    },
    /not joined/,
  ],
  [
    "the node has no block yet, and the store is in trouble",
    (lab) =>
      lab.picture({ subnets: [subnetPicture(SUBNET4, undefined)], trouble: "no space left" }),
    /no space left/,
  ],
  [
    "the picture is of another subnet",
    (lab) => lab.picture({ subnets: [subnetPicture("10.43.0.0/16", "10.43.0.1")] }),
    /other subnets/,
  ],
];

describe("ADD waits, and fails with code 11, where", () => {
  test.each(WAITING)("%s", async (_name, prepare, reason) => {
    using lab = new ClusterLab();
    using _member = lab.member();
    prepare(lab);
    const began = performance.now();
    const answer = await lab.add("c1");
    expect(answer).toMatchObject({ exitCode: 1, json: { code: 11 } });
    expect(String(answer.json?.["details"])).toMatch(reason);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(lab.reservations()).toEqual([]);
  });
});

test("without a member the ADD does the round itself, and says what went wrong", async () => {
  using lab = new ClusterLab();
  const answer = await lab.add("c1");
  expect(answer.json).toMatchObject({
    code: 11,
    details: expect.stringMatching(/127\.0\.0\.1:1/) as string,
  });
});

test("a configuration that is not the fleet's is refused at once, where no member runs", async () => {
  using lab = new ClusterLab();
  const store = { files: { directory: join(lab.root, "store") } };
  const first = await lab.add("c1", { store, node: "node1" });
  expect(first.exitCode).toBe(0);
  const dataDir = join(lab.root, "other");
  const other = { HAWSER_STATE_DIR: join(lab.root, "other state") };
  const ipam = { store, node: "node2", dataDir, blockSize: 27, wait: "10m" };
  const answer = await lab.add("c2", ipam, { env: other });
  expect(answer.json).toMatchObject({
    code: 7,
    msg: expect.stringContaining("block sizes: 27 here, 26 in the fleet") as string,
  });
});

test("it is refused at once where a member runs, before and after the two agreed", async () => {
  using lab = new ClusterLab();
  const store = { files: { directory: join(lab.root, "store") } };
  const of = async (ipam: Ipam): Promise<Running> =>
    await runMember(lab, { store, wait: "1m", ...ipam });
  const given = async (node: Running, id: string): Promise<Answer> =>
    await lab.add(id, node.ipam, { env: node.env });
  {
    await using first = await of({ node: "node1" });
    expect((await given(first, "c1")).exitCode).toBe(0);
  }
  const dataDir = join(lab.root, "other");
  const refused = async (ipam: Ipam, differing: string): Promise<void> => {
    await using wrong = await of({ node: "node2", dataDir, ...ipam });
    const began = performance.now();
    const { json } = await given(wrong, "c2");
    expect(json).toMatchObject({ code: 7, msg: expect.stringContaining(differing) as string });
    expect(performance.now() - began).toBeLessThan(20_000);
  };
  await refused({ blockSize: 27 }, "block sizes: 27 here, 26 in the fleet");
  {
    await using right = await of({ node: "node2", dataDir });
    expect((await given(right, "c3")).exitCode).toBe(0);
  }
  const path = join(dataDir, lab.network, "picture.json");
  const { disagreement, subnets } = JSON.parse(readFileSync(path, "utf8")) as Picture;
  expect(disagreement).toBeUndefined();
  await refused({ subnet: "10.43.0.0/16" }, "10.43.0.0/16 here, 10.42.0.0/16 in the fleet");
  expect((JSON.parse(readFileSync(path, "utf8")) as Picture).subnets).toEqual(subnets);
});

test("ADD waits no longer than its caller does", async () => {
  using lab = new ClusterLab();
  const signal = AbortSignal.timeout(100);
  const began = performance.now();
  const answer = await lab.add("c1", { wait: "1m" }, { signal });
  expect(answer.exitCode).toBe(1);
  expect(performance.now() - began).toBeLessThan(20_000);
});

test("an ADD that waits goes on when the picture changes", async () => {
  using lab = new ClusterLab();
  using _member = lab.member();
  const waiting = lab.add("c1", { wait: "1m" });
  await Bun.sleep(150);
  lab.picture();
  expect(addressesOf(await waiting)).toEqual(["10.42.0.64"]);
});

test("a family without an address gives back that of the other one", async () => {
  using lab = new ClusterLab();
  const [four, six] = [dual[0], subnetPicture(SUBNET6, "fd00:42::41", ["fd00:42::40/127", "held"])];
  lab.picture({ subnets: [four, six].flatMap((each) => each ?? []) });
  await lab.add("c1", DUAL);
  expect((await lab.add("c2", DUAL)).json).toMatchObject({ code: 11 });
  expect(lab.reservations()).toEqual(["10.42.0.64", "fd00:42::40"]);
});

test("a second ADD for the same attachment is refused", async () => {
  using lab = new ClusterLab();
  lab.picture();
  await lab.add("c1");
  expect((await lab.add("c1")).json).toMatchObject({ code: 4 });
});

describe("addresses that are asked for", () => {
  const ask = async (lab: ClusterLab, ip: string, id = "c1"): Promise<Answer> => {
    const config = lab.config({}, { runtimeConfig: { ips: [ip] } });
    return await lab.call({ operation: "ADD", config, containerId: id });
  };

  test("are given from the node's blocks", async () => {
    using lab = new ClusterLab();
    lab.picture();
    expect(addressesOf(await ask(lab, "10.42.0.99/16"))).toEqual(["10.42.0.99"]);
    expect(addressesOf(await lab.add("c2", {}, { args: "IP=10.42.0.100" }))).toEqual([
      "10.42.0.100",
    ]);
    expect((await ask(lab, "10.42.0.99", "c3")).json).toMatchObject({ code: 11 });
  });

  test.each([
    ["10.43.0.1", 7, /all requested IPs/],
    ["10.42.0.0", 7, /network address/],
    ["10.42.255.255", 7, /broadcast address/],
    ["10.42.0.65", 7, /gateway/],
  ])("%s is refused with code %i", async (ip, code, message) => {
    using lab = new ClusterLab();
    lab.picture();
    const { json } = await ask(lab, ip);
    expect(json).toMatchObject({ code });
    expect(String(json?.["msg"])).toMatch(message);
    expect(lab.reservations()).toEqual([]);
  });

  test("of another node's block are asked of the member, whose refusal is passed on", async () => {
    using lab = new ClusterLab();
    using _member = lab.member();
    lab.picture();
    const waiting = ask(lab, "10.42.9.9");
    await Bun.sleep(100);
    const { boot, now } = lab.time();
    const refusals = [{ need: "10.42.9.9", reason: "node7 has it in use", boot, atMs: now }];
    lab.picture({ refusals });
    expect((await waiting).json).toMatchObject({
      code: 11,
      msg: "10.42.9.9 cannot be had now",
      details: "node7 has it in use",
    });
  });
});

describe("addresses that follow a name", () => {
  const pod = (name: string): string =>
    `K8S_POD_NAMESPACE=db;K8S_POD_NAME=${name};K8S_POD_UID=7;IgnoreUnknown=1`;
  const STICKY = { "db/one": ["10.42.0.64"], "db/two": ["10.42.0.66", "fd00:42::42"] };

  test("are those of the picture, for that name alone", async () => {
    using lab = new ClusterLab();
    lab.picture({ subnets: dual, sticky: STICKY });
    const sticky = { ...DUAL, sticky: "pod" };
    expect(addressesOf(await lab.add("c1", sticky, { args: pod("two") }))).toEqual([
      ...["10.42.0.66", "fd00:42::42"],
    ]);
    expect(addressesOf(await lab.add("c2", sticky))).toEqual(["10.42.0.67", "fd00:42::43"]);
    const asked = await lab.add("c3", DUAL, { args: "IP=10.42.0.64" });
    expect(asked.json).toMatchObject({
      code: 11,
      details: expect.stringMatching(/follows the name db\/one/) as string,
    });
    expect(lab.reservations()).not.toContain("10.42.0.64");
  });

  test("of a name that the node does not know are asked of the member", async () => {
    using lab = new ClusterLab();
    using _member = lab.member();
    lab.picture();
    const waiting = lab.add("c1", { sticky: "pod" }, { args: pod("one") });
    await Bun.sleep(100);
    expect(lab.needs()).toEqual([{ subnet: 0, sticky: "db/one" }]);
    lab.picture({ sticky: { "db/one": ["10.42.0.70"] } });
    expect(addressesOf(await waiting)).toEqual(["10.42.0.70"]);
    expect(lab.needs()).toEqual([]);
  });

  test("follow a label, or an argument", async () => {
    using lab = new ClusterLab();
    lab.picture({ sticky: { web: ["10.42.0.70"] } });
    const labels = [{ key: "app", value: "web" }];
    const config = lab.config({ sticky: { label: "app" } }, { args: { cni: { labels } } });
    const first = await lab.call({ operation: "ADD", config, containerId: "c1" });
    expect(addressesOf(first)).toEqual(["10.42.0.70"]);
    await lab.del("c1");
    const args = { args: "APP=web" };
    expect(addressesOf(await lab.add("c1", { sticky: { arg: "APP" } }, args))).toEqual([
      "10.42.0.70",
    ]);
  });

  test.each([
    [{ sticky: "pod" }, "K8S_POD_NAMESPACE=../x;K8S_POD_NAME=a", 4],
    [{ sticky: { arg: "APP" } }, "APP=a b", 4],
    [{ sticky: {} }, "", 7],
    [{ sticky: { label: "a", arg: "b" } }, "", 7],
    [{ sticky: { label: "" } }, "", 7],
    [{ sticky: "node" }, "", 7],
    [{}, "APP=web", 4],
  ])("%o with the arguments %o is refused with code %i", async (ipam, args, code) => {
    using lab = new ClusterLab();
    lab.picture();
    expect((await lab.add("c1", ipam, { args })).json).toMatchObject({ code });
    expect(lab.reservations()).toEqual([]);
  });
});

describe("the configuration", () => {
  test.each([
    ["a bridge with IPv6", DUAL, { type: "bridge" }, /use ptp/],
    ["a wait of hours", { wait: "2h" }, {}, /at most 10m/],
    ["a wait without unit", { wait: "30" }, {}, /invalid wait/],
    ["several addresses in an old version", DUAL, { cniVersion: "0.1.0" }, undefined],
    ["a wrong route", { routes: [{ dst: "x" }] }, {}, /invalid CIDR/],
  ])("%s", async (_name, ipam, more, refusal) => {
    using lab = new ClusterLab();
    lab.picture({ subnets: dual.slice(0, "subnets" in ipam ? 2 : 1) });
    const config = lab.config(ipam, more);
    const { json, exitCode } = await lab.call({ operation: "ADD", config, containerId: "c" });
    if (refusal === undefined) {
      expect(exitCode).toBe(0);
    } else {
      expect(json).toMatchObject({ code: 7 });
      expect(`${String(json?.["msg"])} ${String(json?.["details"])}`).toMatch(refusal);
    }
  });

  test("two networks of a node do not share addresses", async () => {
    using lab = new ClusterLab();
    lab.picture();
    await lab.add("c1");
    const other = lab.config({ network: "other", subnet: "10.42.128.0/17" }, { name: "other" });
    const answer = await lab.call({ operation: "ADD", config: other, containerId: "c2" });
    expect(answer.json).toMatchObject({
      code: 7,
      msg: expect.stringMatching(/overlaps/) as string,
    });
  });
});
