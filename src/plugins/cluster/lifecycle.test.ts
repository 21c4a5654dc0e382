import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterLab, SUBNET4, SUBNET6, subnetPicture } from "../../../tests/support/cluster.ts";
import { type Answer, addressesOf } from "../../../tests/support/host-local.ts";
import type { Operation } from "../../spec/index.ts";
import { STATE_DIFFERS } from "../../state/index.ts";
import { plugin } from "./index.ts";

const DUAL = { subnet: undefined, subnets: [SUBNET4, SUBNET6] };
const DUAL_PICTURE = [
  subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", "held"]),
  subnetPicture(SUBNET6, "fd00:42::41", ["fd00:42::40/122", "held"]),
];

/** A container with an address of each family, and the result of its ADD. */
async function attached(lab: ClusterLab, containerId = "c1"): Promise<Answer> {
  lab.picture({ subnets: DUAL_PICTURE });
  const answer = await lab.add(containerId, DUAL);
  expect(answer.exitCode).toBe(0);
  return answer;
}

async function checked(
  lab: ClusterLab,
  result: Answer,
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const prevResult = {
    ...result.json,
    interfaces: [{ name: "eth0", sandbox: "/nonexistent/netns" }],
  };
  const config = lab.config(DUAL, { prevResult });
  return await lab.call({ operation: "CHECK", config, containerId: "c1", env });
}

describe("DEL", () => {
  test("removes all addresses of the attachment, only these, and is fine when repeated", async () => {
    using lab = new ClusterLab();
    await attached(lab);
    await lab.add("c2", DUAL);
    for (let round = 0; round < 2; round++) {
      expect(await lab.del("c1", DUAL)).toEqual({ exitCode: 0, json: undefined, stderr: "" });
      expect(lab.reservations()).toEqual(["10.42.0.66", "fd00:42::42"]);
    }
  });

  test("in a place that never was is fine", async () => {
    using lab = new ClusterLab();
    expect((await lab.del("c1")).exitCode).toBe(0);
  });

  const SPOILED: readonly (readonly [string, (lab: ClusterLab) => void])[] = [
    ["is gone", (lab) => rmSync(join(lab.directory, "picture.json"))],
    ["is torn", (lab) => writeFileSync(join(lab.directory, "picture.json"), "{")],
    ["is of a newer program", (lab) => lab.picture({ format: 2 as 1 })],
    [
      "is a directory",
      (lab) => {
        rmSync(join(lab.directory, "picture.json"));
        mkdirSync(join(lab.directory, "picture.json"));
      },
    ],
    ["says that all is lost", (lab) => lab.picture({ subnets: [], trouble: "halt" })],
  ];
  test.each(SPOILED)("works while the picture %s", async (_name, spoil) => {
    using lab = new ClusterLab();
    await attached(lab);
    spoil(lab);
    expect((await lab.del("c1", DUAL)).exitCode).toBe(0);
    expect(lab.reservations()).toEqual([]);
  });

  test.each([
    ["another subnet", { subnet: "10.99.0.0/16" }, {}],
    ["a subnet that is none", { subnet: "x" }, {}],
    ["no store", { store: {} }, {}],
    ["keys of wrong types", { routes: 7, sticky: 3, wait: [] }, {}],
    ["malformed arguments", {}, { args: "MAC=x;nonsense" }],
  ])("works with %s", async (_name, ipam, more) => {
    using lab = new ClusterLab();
    await attached(lab);
    expect((await lab.del("c1", ipam, more)).exitCode).toBe(0);
    expect(lab.reservations()).toEqual([]);
  });
});

describe("CHECK", () => {
  test("passes on what ADD made, also while the store is away and blocks are on their way", async () => {
    using lab = new ClusterLab();
    const result = await attached(lab);
    expect(await checked(lab, result)).toMatchObject({ exitCode: 0 });
    const leaving = subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", "leaving"]);
    lab.picture({ subnets: [leaving], holdMs: 0, trouble: "the store is away" });
    expect(await checked(lab, result)).toMatchObject({ exitCode: 0 });
    rmSync(join(lab.directory, "picture.json"));
    expect(await checked(lab, result)).toMatchObject({ exitCode: 0 });
  });

  test("misses a reservation that is gone or another's", async () => {
    using lab = new ClusterLab();
    const result = await attached(lab);
    const path = join(lab.directory, "reservations", "10.42.0.64");
    writeFileSync(path, "c9\r\neth0");
    expect((await checked(lab, result)).json).toMatchObject({
      code: STATE_DIFFERS,
      msg: expect.stringMatching(/^cluster: Failed to find address/) as string,
      details: expect.stringMatching(/names another attachment/) as string,
    });
    rmSync(path);
    expect((await checked(lab, result)).json).toMatchObject({
      details: expect.stringMatching(/does not exist/) as string,
    });
  });

  test("names an address that the store gave away", async () => {
    using lab = new ClusterLab();
    const result = await attached(lab);
    const lost = subnetPicture(SUBNET4, undefined, ["10.42.0.64/26", "lost"]);
    lab.picture({ subnets: [lost, ...DUAL_PICTURE.slice(1)] });
    expect((await checked(lab, result)).json).toMatchObject({
      code: STATE_DIFFERS,
      msg: "10.42.0.64 is not this node's any more",
    });
  });

  test("of an address of no fleet wants any reservation", async () => {
    using lab = new ClusterLab();
    await attached(lab);
    const json = { cniVersion: "1.1.0", ips: [{ address: "192.0.2.7/24" }] };
    const other = { exitCode: 0, json, stderr: "" };
    expect(await checked(lab, other)).toMatchObject({ exitCode: 0 });
    await lab.del("c1", DUAL);
    expect(await checked(lab, other)).toMatchObject({ json: { code: STATE_DIFFERS } });
  });
});

describe("a repair", () => {
  const repair = { HAWSER_REPAIR: "1" };

  test("reserves again what this node still holds", async () => {
    using lab = new ClusterLab();
    const result = await attached(lab);
    rmSync(join(lab.directory, "reservations", "10.42.0.64"));
    expect((await checked(lab, result, { HAWSER_REPAIR: "dry-run" })).json).toMatchObject({
      repair: [{ state: "restorable" }],
    });
    expect(lab.reservations()).toEqual(["fd00:42::40"]);
    expect((await checked(lab, result, repair)).json).toMatchObject({
      repair: [{ state: "restored" }],
    });
    expect(lab.reservations()).toEqual(["10.42.0.64", "fd00:42::40"]);
  });

  test.each(["leaving", "lost", "resting"] as const)(
    "leaves a prefix that is %s",
    async (state) => {
      using lab = new ClusterLab();
      const result = await attached(lab);
      rmSync(join(lab.directory, "reservations", "10.42.0.64"));
      const changed = subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/26", state]);
      lab.picture({ subnets: [changed, ...DUAL_PICTURE.slice(1)] });
      expect((await checked(lab, result, repair)).json).toMatchObject({
        repair: [{ state: "left" }],
      });
      expect(lab.reservations()).toEqual(["fd00:42::40"]);
    },
  );

  test("leaves an address that another container has by now", async () => {
    using lab = new ClusterLab();
    const result = await attached(lab);
    writeFileSync(join(lab.directory, "reservations", "10.42.0.64"), "c9\r\neth0");
    expect((await checked(lab, result, repair)).json).toMatchObject({
      repair: [{ state: "left", reason: expect.stringMatching(/reserved for c9/) as string }],
    });
  });
});

describe("GC", () => {
  const valid = (...ids: string[]): unknown =>
    ids.map((containerID) => ({ containerID, ifname: "eth0" }));

  test("removes the addresses of attachments that are gone", async () => {
    using lab = new ClusterLab();
    await attached(lab);
    await lab.add("c2", DUAL);
    rmSync(join(lab.directory, "picture.json"));
    const config = lab.config(DUAL, { "cni.dev/valid-attachments": valid("c2") });
    expect((await lab.ask("GC", config)).exitCode).toBe(0);
    expect(lab.reservations()).toEqual(["10.42.0.66", "fd00:42::42"]);
  });

  test("takes the node's note of the network away when no container has an address", async () => {
    using lab = new ClusterLab();
    const note = join(lab.env["HAWSER_STATE_DIR"] ?? "", "cluster/pods.json");
    const collect = async (...ids: string[]): Promise<boolean> => {
      const config = lab.config(DUAL, { "cni.dev/valid-attachments": valid(...ids) });
      expect((await lab.ask("GC", config)).exitCode).toBe(0);
      return existsSync(note);
    };
    await attached(lab);
    expect(await collect("c1")).toBe(true);
    expect(await collect()).toBe(false);
    expect(await collect()).toBe(false);
    await attached(lab, "c2");
    expect(existsSync(note)).toBe(true);
  });

  test("while an ADD waits for addresses: the note stands again when it has some", async () => {
    using lab = new ClusterLab();
    const note = join(lab.env["HAWSER_STATE_DIR"] ?? "", "cluster/pods.json");
    using _member = lab.member();
    const adding = lab.add("c1", { ...DUAL, wait: "20s" });
    while (lab.needs().length === 0) await Bun.sleep(1);
    const config = lab.config(DUAL, { "cni.dev/valid-attachments": valid() });
    expect((await lab.ask("GC", config)).exitCode).toBe(0);
    expect(existsSync(note)).toBe(false);
    lab.picture({ subnets: DUAL_PICTURE });
    expect((await adding).exitCode).toBe(0);
    expect(existsSync(note)).toBe(true);
  });

  test("of another network that names the same fleet leaves them", async () => {
    using lab = new ClusterLab();
    await attached(lab);
    const more = { name: "other", "cni.dev/valid-attachments": valid() };
    const config = lab.config({ ...DUAL, network: "pods" }, more);
    expect((await lab.ask("GC", config)).exitCode).toBe(0);
    expect(lab.reservations()).toEqual(["10.42.0.64", "fd00:42::40"]);
    // From then on the node knows of two networks: what the other one has reserved stays, too.
    const second = await lab.call({ operation: "ADD", config, containerId: "c3" });
    expect(second.exitCode).toBe(0);
    const own = lab.config(DUAL, { "cni.dev/valid-attachments": valid() });
    expect((await lab.ask("GC", own)).exitCode).toBe(0);
    expect(lab.reservations()).toHaveLength(4);
  });
});

describe("STATUS", () => {
  const full = [subnetPicture(SUBNET4, "10.42.0.65", ["10.42.0.64/31", "held"])];

  test("passes with addresses at hand, and says nothing", async () => {
    using lab = new ClusterLab();
    lab.picture({ trouble: "the store is away" });
    expect(await lab.ask("STATUS")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("passes where the next ADD fetches a block, and says so", async () => {
    using lab = new ClusterLab();
    expect(await lab.ask("STATUS")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/not joined/) as string,
    });
    lab.picture({ subnets: full });
    await lab.add("c1");
    expect(await lab.ask("STATUS")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/waits for a block/) as string,
    });
  });

  test("fails with the picture's trouble where nothing is at hand", async () => {
    using lab = new ClusterLab();
    lab.picture({ subnets: [subnetPicture(SUBNET4, undefined)], trouble: "no block is left" });
    expect((await lab.ask("STATUS")).json).toMatchObject({
      code: 50,
      msg: expect.stringMatching(/no block is left/) as string,
    });
    lab.picture({ holdMs: 0, trouble: "the store is away" });
    expect((await lab.ask("STATUS")).json).toMatchObject({
      code: 50,
      msg: expect.stringMatching(/store is away/) as string,
    });
    lab.picture({ subnets: full, trouble: "no block is left" });
    await lab.add("c1");
    expect((await lab.ask("STATUS")).json).toMatchObject({
      code: 50,
      msg: expect.stringMatching(/no free address/) as string,
    });
  });

  test("tells of living containers whose addresses are lost", async () => {
    using lab = new ClusterLab();
    lab.picture();
    await lab.add("c1");
    const lost = ["10.42.0.64/26", "lost"] as const;
    lab.picture({ subnets: [subnetPicture(SUBNET4, undefined, lost)], trouble: "given away" });
    expect((await lab.ask("STATUS")).json).toMatchObject({
      code: 51,
      details: expect.stringMatching(/^1 addresses/) as string,
    });
    const held = ["10.42.1.0/26", "held"] as const;
    lab.picture({ subnets: [subnetPicture(SUBNET4, "10.42.1.1", lost, held)] });
    expect(await lab.ask("STATUS")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^cluster: 1 addresses/) as string,
    });
  });

  test("names a picture that cannot be gone by, a directory of no use and a wrong configuration", async () => {
    using lab = new ClusterLab();
    lab.picture({ format: 2 as 1 });
    expect((await lab.ask("STATUS")).json).toMatchObject({
      code: 50,
      msg: expect.stringMatching(/newer version/) as string,
    });
    writeFileSync(join(lab.root, "file"), "");
    const dataDir = join(lab.root, "file");
    expect((await lab.ask("STATUS", lab.config({ dataDir }))).json).toMatchObject({ code: 50 });
    expect((await lab.ask("STATUS", lab.config({ subnet: "x" }))).json).toMatchObject({ code: 7 });
  });
});

describe("a plan", () => {
  const plan = async (lab: ClusterLab, operation: Operation): Promise<unknown> => {
    const found = await plugin.compare?.({
      env: {
        ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "c1", CNI_NETNS: "/nonexistent" },
        ...{ CNI_IFNAME: "eth0", CNI_PATH: "/nonexistent", ...lab.env },
      },
      stdin: () => lab.config({}, operation === "GC" ? { "cni.dev/valid-attachments": [] } : {}),
      stdout: () => undefined,
      stderr: () => undefined,
    });
    return found;
  };

  test("of ADD says which address is next, and reserves none", async () => {
    using lab = new ClusterLab();
    lab.picture();
    expect(await plan(lab, "ADD")).toMatchObject({
      steps: [
        {
          step: "fleet address",
          standing: "made",
          text: expect.stringMatching(/^10\.42\.0\.64, noted in/) as string,
        },
      ],
      result: { ips: [{ address: "10.42.0.64/16" }] },
    });
    expect(lab.reservations()).toEqual([]);
  });

  test("of ADD with nothing at hand says of which subnet", async () => {
    using lab = new ClusterLab();
    expect(await plan(lab, "ADD")).toMatchObject({
      steps: [{ text: expect.stringMatching(/^one of 10\.42\.0\.0\/16/) as string }],
    });
  });

  test("of DEL and GC names what goes", async () => {
    using lab = new ClusterLab();
    lab.picture();
    await lab.add("c1");
    for (const operation of ["DEL", "GC"] as const) {
      expect(await plan(lab, operation)).toMatchObject({
        steps: [{ standing: "removed", text: "10.42.0.64 of c1:eth0" }],
      });
    }
    expect(addressesOf(await lab.add("c2"))).toEqual(["10.42.0.66"]);
  });
});
