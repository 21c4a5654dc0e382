import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Answer, addressesOf, Lab } from "../../../tests/support/host-local.ts";
import { STATE_DIFFERS } from "../../state/index.ts";

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

test("1047: GC removes what is not valid and keeps lock, last address and the old form", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  await lab.add("cid1", SUBNET, { ifName: "eth1" });
  await lab.add("cid2", SUBNET);
  writeFileSync(join(lab.directory, "10.1.0.6"), "cid9");
  expect((await gc(lab, [["cid1", "eth0"]])).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.1.0.6"]);
  expect(lab.read("last_reserved_ip.0")).toBe("10.1.0.4");
  expect(lab.read("lock")).toBe("");
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
  const answer = await status(lab, DUAL);
  expect(answer.json).toMatchObject({
    code: 50,
    msg: "no IP addresses available in range set: 10.1.0.1-10.1.0.6",
  });
  expect(answer.json?.["details"]).toContain("all 5 addresses are reserved");
  await lab.del("cid2");
  expect((await status(lab, DUAL)).exitCode).toBe(0);
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
