/** The two examples that delegate with configurations of their own, with the house's plugins behind them. */
import { afterAll, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../../tests/support/exec.ts";
import { type Feature, has } from "../../tests/support/features.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";

requireOwnNamespaces();

const NEEDED: Feature[] = ["ip", "nsenter", "unshare"];
const test = needs(...NEEDED);

const ROOT = join(import.meta.dir, "../..");
const dir = mkdtempSync(join(tmpdir(), "hawser-delegating-"));
const netns = join(dir, "container");
const dataDir = join(dir, "data");
const addresses = join(dir, "addresses");
const state = join(dir, "state");

beforeAll(async () => {
  if (!NEEDED.every(has)) return;
  await must(["ip", "link", "set", "dev", "lo", "up"]);
  writeFileSync(netns, "");
  await must(["unshare", `--net=${netns}`, "true"]);
});
afterAll(async () => {
  if (NEEDED.every(has)) await run(["umount", netns]);
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  for (const each of [dataDir, addresses]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each);
  }
});

interface Answer {
  readonly code: number | null;
  readonly json: Record<string, unknown>;
  readonly stderr: string;
}

async function call(
  type: string,
  operation: string,
  config: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<Answer> {
  const whole = { cniVersion: "1.1.0", name: "net", type, dataDir, ...config };
  const { exitCode, stdout, stderr } = await run(
    [process.execPath, join(import.meta.dir, `${type}.ts`)],
    {
      env: {
        PATH: process.env["PATH"] ?? "",
        HAWSER_STATE_DIR: state,
        ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "web", CNI_NETNS: netns },
        ...{ CNI_IFNAME: "eth0", CNI_PATH: join(ROOT, "dist/cni") },
        ...env,
      },
      stdin: JSON.stringify(whole),
    },
  );
  const json = (stdout === "" ? {} : JSON.parse(stdout)) as Record<string, unknown>;
  return { code: exitCode, json, stderr };
}

async function inside(name: string): Promise<string> {
  return (await run(["nsenter", `--net=${netns}`, "ip", "-brief", "address", "show", "dev", name]))
    .stdout;
}

const reserved = (network: string): string[] => {
  const folder = join(addresses, network);
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("10.")) : [];
};

describe("podsubnet, the pattern of flannel", () => {
  const subnetFile = join(dir, "subnet.env");
  const given = { delegate: { bridge: "pods0", ipam: { dataDir: addresses } }, subnetFile };

  test("case L4: delegates to bridge with what the node's file says, and DEL by what the ADD was", async () => {
    expect((await call("podsubnet", "STATUS", given)).json).toMatchObject({ code: 50 });
    writeFileSync(subnetFile, "SUBNET=10.8.3.0/24\nMTU=1450\n");
    expect((await call("podsubnet", "STATUS", given)).code).toBe(0);
    const add = await call("podsubnet", "ADD", given);
    expect([add.code, add.json["msg"]]).toEqual([0, undefined]);
    expect(add.json["ips"]).toMatchObject([{ address: "10.8.3.2/24", gateway: "10.8.3.1" }]);
    expect(await inside("eth0")).toContain("10.8.3.2/24");
    expect(reserved("net")).toEqual(["10.8.3.2"]);
    const prevResult = add.json;
    expect((await call("podsubnet", "CHECK", { ...given, prevResult })).code).toBe(0);

    // The subnet moves on, as after a reinstallation: what the ADD made has to go all the same.
    writeFileSync(subnetFile, "SUBNET=10.8.9.0/24\n");
    const valid = [{ containerID: "web", ifname: "eth0" }];
    const lists = { "cni.dev/valid-attachments": valid };
    expect((await call("podsubnet", "GC", { ...given, ...lists })).code).toBe(0);
    expect(await inside("eth0")).toContain("10.8.3.2/24");
    for (const _ of [1, 2]) {
      expect((await call("podsubnet", "DEL", { ...given, prevResult })).code).toBe(0);
      expect(await inside("eth0")).toBe("");
      expect(readdirSync(join(dataDir, "net"))).toEqual([]);
    }
  });

  test("an ADD that the delegate refuses leaves its note, for the DEL that follows", async () => {
    writeFileSync(subnetFile, "SUBNET=10.8.3.0/24\nMTU=1e9\n");
    const add = await call("podsubnet", "ADD", given);
    expect(add.json).toMatchObject({ code: 7 });
    expect(readdirSync(join(dataDir, "net"))).toEqual(["web@eth0"]);
    expect((await call("podsubnet", "DEL", given)).code).toBe(0);
    expect(readdirSync(join(dataDir, "net"))).toEqual([]);
    expect(await inside("eth0")).toBe("");
  });
});

describe("networks, the pattern of multus", () => {
  const network = (name: string, third: number): Record<string, unknown> => ({
    ...{ type: "bridge", bridge: `${name}0` },
    ipam: { type: "host-local", subnet: `10.${third}.0.0/24`, dataDir: addresses },
  });
  const config = {
    default: "blue",
    networks: {
      blue: network("blue", 41),
      red: network("red", 42),
      bad: { ...network("bad", 43), mtu: 5 },
      gone: { type: "not-installed" },
    },
  };
  const args = (names: string): Record<string, string> => ({
    CNI_ARGS: `IgnoreUnknown=1;NETWORKS=${names}`,
  });

  test("case L4, kind: attaches to each by its own name, arguments and interface, and takes all away", async () => {
    const add = await call("networks", "ADD", config, args("red"));
    expect(add.json["ips"]).toMatchObject([{ address: "10.41.0.2/24" }]);
    expect(await inside("eth0")).toContain("10.41.0.2/24");
    expect(await inside("net1")).toContain("10.42.0.2/24");
    expect([reserved("net.blue"), reserved("net.red")]).toEqual([["10.41.0.2"], ["10.42.0.2"]]);
    const prevResult = add.json;
    expect((await call("networks", "CHECK", { ...config, prevResult })).code).toBe(0);

    const valid = (...names: string[]): Record<string, unknown> => ({
      "cni.dev/valid-attachments": names.map((containerID) => ({ containerID, ifname: "eth0" })),
    });
    const { gone: _, bad: __, ...both } = config.networks;
    expect(
      (await call("networks", "GC", { ...config, networks: both, ...valid("web") })).code,
    ).toBe(0);
    expect(await inside("net1")).toContain("10.42.0.2/24");

    // The networks are not configured any more, and the arguments are gone.
    const empty = { ...config, networks: {}, prevResult };
    expect((await call("networks", "DEL", empty)).code).toBe(0);
    expect([await inside("eth0"), await inside("net1")]).toEqual(["", ""]);
    expect([reserved("net.blue"), reserved("net.red")]).toEqual([[], []]);
    expect((await call("networks", "DEL", empty)).code).toBe(0);
  });

  test("case L4, kind: one that fails takes back those before it", async () => {
    const add = await call("networks", "ADD", config, args("red,bad"));
    expect(add.json).toMatchObject({ code: 7 });
    expect([await inside("eth0"), await inside("net1"), await inside("net2")]).toEqual([
      "",
      "",
      "",
    ]);
    expect([reserved("net.blue"), reserved("net.red"), reserved("net.bad")]).toEqual([[], [], []]);
    expect((await call("networks", "DEL", config)).code).toBe(0);
    expect(readdirSync(join(dataDir, "net"))).toEqual([]);
    const missing = await call("networks", "ADD", config, args("red,gone"));
    expect(missing.json).toMatchObject({ code: 50 });
    expect(await inside("eth0")).toBe("");
  });

  test("GC takes what the containers that are gone had, of every network", async () => {
    expect((await call("networks", "ADD", config, args("red"))).code).toBe(0);
    const { gone: _, bad: __, ...both } = config.networks;
    const none = { ...config, networks: both, "cni.dev/valid-attachments": [] };
    expect((await call("networks", "GC", none)).code).toBe(0);
    expect([reserved("net.blue"), reserved("net.red")]).toEqual([[], []]);
    expect(readdirSync(join(dataDir, "net"))).toEqual([]);
  });
});
