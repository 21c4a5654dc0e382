import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Answer, addressesOf, Lab } from "../../../tests/support/host-local.ts";
import { STATE_DIFFERS } from "../../state/index.ts";
import { fillOf, parseRangeSets } from "../../state/reservations/index.ts";

const SUBNET = { subnet: "10.1.0.0/29" };
const DUAL = { ranges: [[{ subnet: "10.1.0.0/29" }], [{ subnet: "fd00:1::/64" }]] };

test("DEL removes all addresses of the attachment, only these, and is fine when repeated", async () => {
  using lab = new Lab();
  await lab.add("cid1", DUAL);
  await lab.add("cid1", DUAL, { ifName: "eth1" });
  await lab.add("cid11", DUAL);
  for (let round = 0; round < 2; round++) {
    expect(await lab.del("cid1", DUAL)).toEqual({ exitCode: 0, json: undefined, stderr: "" });
    expect(lab.reservations()).toEqual(["10.1.0.3", "10.1.0.4", "fd00:1::3", "fd00:1::4"]);
  }
  expect(lab.read("last_reserved_ip.0")).toBe("10.1.0.4");
});

test("DEL in a place that never was is fine and makes nothing", async () => {
  using lab = new Lab();
  expect((await lab.del("cid1", SUBNET)).exitCode).toBe(0);
  expect(() => lab.reservations()).toThrow("ENOENT");
});

test.each([
  ["unknown arguments", SUBNET, { args: "MAC=x;nonsense" }],
  ["a subnet that is none", { subnet: "10.1.0.1/99" }, {}],
  ["no ranges at all", {}, {}],
  ["ranges of a wrong type", { ranges: "x", routes: 7 }, {}],
  ["other ranges than at ADD", { subnet: "10.77.0.0/24" }, {}],
  ["a resolvConf that is gone", { ...SUBNET, resolvConf: "/nonexistent" }, {}],
])("own: DEL with %s still removes the reservation", async (_what, ipam, more) => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  expect((await lab.del("cid1", ipam, more)).exitCode).toBe(0);
  expect(lab.reservations()).toEqual([]);
});

test("DEL removes the old form only when the attachment has no other", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.6"), "cid1");
  await lab.del("cid1");
  expect(lab.reservations()).toEqual(["10.1.0.6"]);
  await lab.del("cid1");
  expect(lab.reservations()).toEqual([]);
});

test("DEL goes on past a link that leads nowhere, which keeps its address", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  symlinkSync("10.1.0.5", join(lab.directory, "10.1.0.5"));
  expect((await lab.del("cid1")).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.5"]);
  for (const address of ["10.1.0.3", "10.1.0.4", "10.1.0.6"]) {
    expect(addressesOf(await lab.add(`holder-of-${address}`, SUBNET))).toEqual([address]);
  }
});

test("CHECK finds the reservation, in the old form too, and misses it when it is gone", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  expect((await lab.check("cid1", SUBNET)).exitCode).toBe(0);
  writeFileSync(join(lab.directory, "10.1.0.2"), "cid1");
  expect((await lab.check("cid1", SUBNET)).exitCode).toBe(0);
  await lab.del("cid1");
  expect((await lab.check("cid1", SUBNET)).json).toMatchObject({
    code: STATE_DIFFERS,
    msg: "host-local: Failed to find address added by container cid1",
  });
  using empty = new Lab();
  expect((await empty.check("cid1", SUBNET)).json).toMatchObject({ code: STATE_DIFFERS });
});

async function checkWith(lab: Lab, ...addresses: string[]): Promise<Answer> {
  const prevResult = { cniVersion: "1.1.0", ips: addresses.map((address) => ({ address })) };
  return await lab.call({
    operation: "CHECK",
    config: lab.config(SUBNET, { prevResult }),
    containerId: "cid1",
  });
}

test("own: CHECK compares the addresses of prevResult that lie in our ranges", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  await lab.add("cid2", SUBNET);
  expect((await checkWith(lab, "10.1.0.2/29", "192.0.2.1/24")).exitCode).toBe(0);
  expect((await checkWith(lab, "10.1.0.3/29")).json?.["details"]).toContain(
    "names another attachment",
  );
  expect((await checkWith(lab, "10.1.0.4/29")).json?.["details"]).toContain(
    "10.1.0.4 does not exist",
  );
});

async function gc(lab: Lab, valid: readonly (readonly [string, string])[] | null): Promise<Answer> {
  const attachments = valid?.map(([containerID, ifname]) => ({ containerID, ifname })) ?? null;
  const config = lab.config(SUBNET, { "cni.dev/valid-attachments": attachments });
  return await lab.call({ operation: "GC", config });
}

test("1047: GC removes what is not valid and keeps lock, last address and a person's line", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  await lab.add("cid1", SUBNET, { ifName: "eth1" });
  await lab.add("cid2", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.6"), "printer\n");
  expect((await gc(lab, [["cid1", "eth0"]])).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.1.0.6"]);
  expect(lab.read("last_reserved_ip.0")).toBe("10.1.0.4");
  expect(lab.read("lock")).toBe("");
});

test("1.10.0: GC keeps the old form while its container has any attachment, as the Go plugin", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.5"), "cid1");
  writeFileSync(join(lab.directory, "10.1.0.6"), "cid9");
  await gc(lab, [["cid1", "eth7"]]);
  expect(lab.reservations()).toEqual(["10.1.0.5"]);
  await gc(lab, []);
  expect(lab.reservations()).toEqual([]);
});

test.each([[[]], [null]])(
  "1047: an empty list of valid attachments (%j) has a meaning",
  async (valid) => {
    using lab = new Lab();
    await lab.add("cid1", SUBNET);
    expect((await gc(lab, valid)).exitCode).toBe(0);
    expect(lab.reservations()).toEqual([]);
  },
);

test("1047: without any list GC refuses rather than removing everything", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  const answer = await lab.call({ operation: "GC", config: lab.config(SUBNET) });
  expect(answer.json).toMatchObject({ code: 7 });
  expect(lab.reservations()).toEqual(["10.1.0.2"]);
});

test("GC leaves what is no reservation, and removes what nobody holds", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.4"), "");
  utimesSync(join(lab.directory, "10.1.0.4"), 1, 1);
  symlinkSync("10.1.0.5", join(lab.directory, "10.1.0.5"));
  mkdirSync(join(lab.directory, "10.1.0.6"));
  expect((await gc(lab, [])).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.5", "10.1.0.6"]);
});

test("GC needs no ranges, and no directory", async () => {
  using lab = new Lab();
  const config = lab.config({}, { "cni.dev/valid-attachments": [] });
  expect((await lab.call({ operation: "GC", config })).exitCode).toBe(0);
});

async function status(lab: Lab, ipam: Readonly<Record<string, unknown>>): Promise<Answer> {
  return await lab.call({ operation: "STATUS", config: lab.config(ipam) });
}

test("STATUS is well while each range set has an address, and makes nothing", async () => {
  using lab = new Lab();
  expect(await status(lab, SUBNET)).toEqual({ exitCode: 0, json: undefined, stderr: "" });
  expect(() => lab.reservations()).toThrow("ENOENT");
  for (let n = 0; n < 4; n++) await lab.add(`cid${n}`, DUAL);
  expect((await status(lab, DUAL)).exitCode).toBe(0);
  await lab.add("cid4", DUAL);
  const answer = await status(lab, { ...DUAL, failStatusWhenFull: true });
  expect(answer.json).toMatchObject({
    code: 50,
    msg: "no IP addresses available in range set: 10.1.0.1-10.1.0.6",
  });
  expect(answer.json?.["details"]).toContain(`all addresses are reserved in ${lab.directory}`);
  await lab.del("cid2");
  expect((await status(lab, { ...DUAL, failStatusWhenFull: true })).exitCode).toBe(0);
});

test("case P17: a full range is no fault of the node: STATUS passes and says it", async () => {
  using lab = new Lab();
  for (let n = 0; n < 5; n++) await lab.add(`cid${n}`, SUBNET);
  expect(await status(lab, SUBNET)).toEqual({
    exitCode: 0,
    json: undefined,
    stderr:
      "host-local: no IP addresses available in range set: 10.1.0.1-10.1.0.6; " +
      "ADD has to wait until a container goes\n",
  });
  expect((await lab.add("cid5", SUBNET)).json).toMatchObject({ code: 11 });
});

test("case P17, kind: of several sets, each that is full is named", async () => {
  using lab = new Lab();
  const other = { subnet: "10.2.0.0/24", rangeStart: "10.2.0.2", rangeEnd: "10.2.0.2" };
  const ranges = [[SUBNET], [other], [{ subnet: "fd00:1::/64" }]];
  await lab.add("cid0", { ranges });
  const { exitCode, stderr } = await status(lab, { ranges });
  expect([exitCode, stderr.split("\n").length]).toEqual([0, 2]);
  expect(stderr).toContain("range set: 10.2.0.2-10.2.0.2");
});

test("case P17, kind: how full each set is, for figures", async () => {
  using lab = new Lab();
  const sets = parseRangeSets([[SUBNET], [{ subnet: "fd00:1::/64" }]], ["10.1.0.5"]);
  const dir = { dataDir: lab.dataDir, network: lab.network };
  const figures = async (): Promise<[string, bigint, bigint][]> =>
    (await fillOf(dir, sets)).map(({ ranges, capacity, reserved }) => [ranges, capacity, reserved]);
  const six = "fd00:1::1-fd00:1::ffff:ffff:ffff:ffff";
  expect(await figures()).toEqual([
    ["10.1.0.1-10.1.0.6", 4n, 0n],
    [six, 2n ** 64n - 2n, 0n],
  ]);
  for (let n = 0; n < 4; n++) await lab.add(`cid${n}`, { ...DUAL, exclude: ["10.1.0.5"] });
  expect((await figures()).map(([, , reserved]) => reserved)).toEqual([4n, 4n]);
  writeFileSync(join(lab.directory, "10.1.0.5"), "asked for");
  writeFileSync(join(lab.directory, "10.1.0.4"), "");
  utimesSync(join(lab.directory, "10.1.0.4"), 1, 1);
  expect((await figures()).map(([, , reserved]) => reserved)).toEqual([3n, 4n]);
});

const NOTHING_LEFT = "the configuration leaves no IP address in range set: ";

test("case P12: exclude that leaves nothing is named, by STATUS and by ADD", async () => {
  using lab = new Lab();
  const ipam = { subnet: "10.1.0.0/24", exclude: ["10.1.0.2/24"] };
  const wanted = {
    msg: `${NOTHING_LEFT}10.1.0.1-10.1.0.254`,
    details:
      'exclude ["10.1.0.2/24"] and gateway 10.1.0.1 take all; ' +
      "what they take is had only when asked for",
  };
  expect((await status(lab, ipam)).json).toMatchObject({ code: 50, ...wanted });
  expect((await lab.add("cid1", ipam)).json).toMatchObject({
    code: 7,
    details: wanted.details,
    msg: `failed to allocate for range 0: ${wanted.msg}`,
  });
  expect(addressesOf(await lab.add("cid1", ipam, { args: "IP=10.1.0.9" }))).toEqual(["10.1.0.9"]);
});

test("case P12, kind: several entries that take all together are named, others are not", async () => {
  using lab = new Lab();
  const exclude = ["10.1.0.2-10.1.0.4", "10.9.0.0/16", "10.1.0.5", "10.1.0.6"];
  const { json } = await status(lab, { ...SUBNET, exclude });
  expect(json).toMatchObject({ code: 50, msg: `${NOTHING_LEFT}10.1.0.1-10.1.0.6` });
  expect(json?.["details"]).toContain('["10.1.0.2-10.1.0.4","10.1.0.5","10.1.0.6"]');
});

test("case P12, kind: a range of nothing but the gateway says so", async () => {
  using lab = new Lab();
  const ipam = { ...SUBNET, rangeStart: "10.1.0.1", rangeEnd: "10.1.0.1" };
  expect((await status(lab, ipam)).json).toMatchObject({
    code: 50,
    msg: `${NOTHING_LEFT}10.1.0.1-10.1.0.1`,
    details: "gateway 10.1.0.1 take all; what they take is had only when asked for",
  });
  expect((await lab.add("cid1", ipam)).json).toMatchObject({ code: 7 });
});

test("STATUS counts an address that nobody holds as free", async () => {
  using lab = new Lab();
  for (let n = 0; n < 5; n++) await lab.add(`cid${n}`, SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.4"), "");
  utimesSync(join(lab.directory, "10.1.0.4"), 1, 1);
  expect((await status(lab, SUBNET)).exitCode).toBe(0);
});

test("STATUS names a data directory that cannot be used, and wrong ranges", async () => {
  using lab = new Lab();
  const dataDir = join(lab.dataDir, "file");
  writeFileSync(dataDir, "");
  expect((await status(lab, { ...SUBNET, dataDir })).json).toMatchObject({
    code: 50,
    details: "a part of the path is a file; set ipam.dataDir to a directory",
  });
  expect((await status(lab, { subnet: "10.1.0.0/31" })).json).toMatchObject({ code: 7 });
  expect((await status(lab, {})).exitCode).toBe(0);
});

type Action = readonly ["ADD" | "DEL", container: number, ifName: number];
const action: fc.Arbitrary<Action> = fc.tuple(
  fc.constantFrom("ADD", "ADD", "DEL"),
  fc.integer({ min: 0, max: 7 }),
  fc.integer({ min: 0, max: 1 }),
);

test("any sequence of ADD and DEL gives no address twice, and ends empty", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      using lab = new Lab();
      const held = new Map<string, string[]>();
      for (const [command, container, number] of actions) {
        const ifName = `eth${number}`;
        const key = `cid${container} ${ifName}`;
        const answer = await lab.call({
          operation: command,
          config: lab.config(DUAL),
          containerId: `cid${container}`,
          ifName,
        });
        if (command === "DEL") {
          held.delete(key);
        } else if (held.has(key)) {
          expect(answer.json).toMatchObject({ code: 4 });
        } else if (held.size === 5) {
          expect(answer.json).toMatchObject({ code: 11 });
        } else {
          held.set(key, addressesOf(answer));
        }
        const all = [...held.values()].flat();
        expect(new Set(all).size).toBe(held.size * 2);
        if (held.size > 0) expect(lab.reservations()).toEqual(all.toSorted());
      }
      for (const key of held.keys()) {
        const [containerId = "", ifName = ""] = key.split(" ");
        await lab.del(containerId, DUAL, { ifName });
      }
      if (actions.some(([command]) => command === "ADD")) expect(lab.reservations()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
