/** What the two examples that delegate remember, with a delegate that keeps leases in memory. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Executor, PluginAnswer, PluginCall } from "hawser/invoke";
import { type Trial, type TrialOutcome, tryPlugin } from "hawser/plugin";
import { isObject, type JsonObject, parseJson } from "hawser/spec";
import { plugin as networks } from "./networks.ts";
import { plugin as podsubnet } from "./podsubnet.ts";

const root = mkdtempSync(join(tmpdir(), "hawser-delegating-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Refuses a second ADD with code 4, as bridge does, and removes in GC what is not listed. */
class LeasingPlugins implements Executor {
  readonly leases = new Set<string>();
  isStuck = false;

  find(type: string): string {
    return `/opt/cni/bin/${type}`;
  }

  async run({ operation, env, stdin }: PluginCall): Promise<PluginAnswer> {
    const request = parseJson(stdin.toString());
    if (!isObject(request)) throw new Error("no request");
    const network = request["name"] as string;
    const lease = `${network}:${env["CNI_CONTAINERID"]}@${env["CNI_IFNAME"]}`;
    const error = this.isStuck ? 5 : operation === "ADD" && this.leases.has(lease) ? 4 : 0;
    if (error === 0 && operation === "ADD") this.leases.add(lease);
    if (error === 0 && operation === "DEL") this.leases.delete(lease);
    if (error === 0 && operation === "GC") {
      const list = request["cni.dev/valid-attachments"] as Record<string, string>[];
      const valid = list.map((one) => `${network}:${one["containerID"]}@${one["ifname"]}`);
      for (const each of this.leases) {
        if (each.startsWith(`${network}:`) && !valid.includes(each)) this.leases.delete(each);
      }
    }
    const answer = error === 0 ? { cniVersion: "1.1.0" } : { code: error, msg: "no" };
    const stdout = error !== 0 || operation === "ADD" ? JSON.stringify(answer) : "";
    const exitCode = error === 0 ? 0 : 1;
    return await Promise.resolve({ stdout, stderr: "", exitCode, signal: null, ms: 1 });
  }
}

const each = { podsubnet, networks };
const ids: Record<keyof typeof each, string[]> = {
  podsubnet: ["net:web@eth0"],
  networks: ["net.blue:web@eth0", "net.red:web@net1"],
};

let dataDir = "";
let delegates = new LeasingPlugins();
beforeEach(() => {
  dataDir = mkdtempSync(join(root, "of-"));
  delegates = new LeasingPlugins();
  writeFileSync(join(root, "subnet.env"), "SUBNET=10.8.3.0/24\n");
});
const notes = (): string[] => readdirSync(join(dataDir, "net"));

async function call(
  type: keyof typeof each,
  operation: Trial["operation"],
  more: JsonObject = {},
): Promise<TrialOutcome> {
  const config = {
    ...{ cniVersion: "1.1.0", name: "net", type, dataDir },
    ...{ subnetFile: join(root, "subnet.env"), delegate: { type: "leasing" } },
    ...{ default: "blue", networks: { blue: { type: "leasing" }, red: { type: "leasing" } } },
    ...more,
  };
  const args = "IgnoreUnknown=1;NETWORKS=red";
  const containerId = "web";
  return await tryPlugin(each[type], { operation, config, args, containerId, executor: delegates });
}
const valid = { "cni.dev/valid-attachments": [{ containerID: "web", ifname: "eth0" }] };
const none = { "cni.dev/valid-attachments": [] };

describe.each(["podsubnet", "networks"] as const)("%s", (type) => {
  test("case L4: a second ADD is refused, and the living attachment keeps its note and leases", async () => {
    expect((await call(type, "ADD")).exitCode).toBe(0);
    expect((await call(type, "ADD")).json).toMatchObject({ code: 4 });
    expect((await call(type, "GC", valid)).exitCode).toBe(0);
    expect([...delegates.leases].sort()).toEqual(ids[type]);
    expect((await call(type, "DEL")).exitCode).toBe(0);
    expect([[...delegates.leases], notes()]).toEqual([[], []]);
  });

  test("the DEL after an ADD whose delegate failed, and whose DEL did, reaches it", async () => {
    delegates.isStuck = true;
    expect((await call(type, "ADD")).json).toMatchObject({ code: 5 });
    for (const lease of ids[type]) delegates.leases.add(lease);
    delegates.isStuck = false;
    expect((await call(type, "DEL")).exitCode).toBe(0);
    expect([[...delegates.leases], notes()]).toEqual([[], []]);
  });

  test("GC fails where the note of a valid attachment is gone, and takes no unreadable memory for empty", async () => {
    await call(type, "ADD");
    rmSync(join(dataDir, "net/web@eth0"));
    expect((await call(type, "GC", valid)).json).toMatchObject({ code: 5 });
    rmSync(join(dataDir, "net"), { recursive: true });
    writeFileSync(join(dataDir, "net"), "");
    expect((await call(type, "GC", none)).json).toMatchObject({ code: 5 });
    expect([...delegates.leases].sort()).toEqual(ids[type]);
  });

  test("an emptied note holds up no DEL, and one that cannot be read does", async () => {
    await call(type, "ADD");
    writeFileSync(join(dataDir, "net/web@eth0"), "");
    const gone = await call(type, "DEL");
    expect([gone.exitCode, notes()]).toEqual([0, []]);
    expect(gone.stderr).toContain("counts as none");
    mkdirSync(join(dataDir, "net/web@eth0"));
    expect((await call(type, "DEL")).json).toMatchObject({ code: 5 });
  });

  test("notes go behind the GC of the delegate, and not when it fails", async () => {
    await call(type, "ADD");
    delegates.isStuck = true;
    const networksGone = { networks: {}, ...none };
    expect((await call(type, "GC", networksGone)).exitCode).toBe(1);
    expect(notes()).toEqual(["web@eth0"]);
    delegates.isStuck = false;
    expect((await call(type, "GC", networksGone)).exitCode).toBe(0);
    expect([[...delegates.leases], notes()]).toEqual([[], []]);
  });
});
