import { describe, expect } from "bun:test";
import { mkdirSync } from "node:fs";
import type { Plugin } from "../../src/plugin/index.ts";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { must } from "../support/exec.ts";
import { failureOf } from "../support/fails.ts";
import { loseState } from "../support/host.ts";
import { DEVICE, hostLab } from "../support/host-lab.ts";
import { linkOf } from "../support/ip.ts";
import { needs } from "../support/needs.ts";
import { type Answer, callPlugin, ipam, type Keys } from "../support/plugin-call.ts";

/**
 * S1: the path in CNI_NETNS leads to another container by now, since process IDs and the names of
 * namespaces are used again. A DEL acts in the namespace of its ADD and in no other.
 */

const lab = hostLab({ device: "up", remembers: "host" });
const { one } = lab;

const PAIR_OF_OTHERS = "link add other0 type veth peer name eth0 netns one".split(" ");
const SUBJECTS: readonly { type: string; keys: Keys; kernel: readonly string[] }[] = [
  { type: "bridge", keys: { ipam: ipam(4) }, kernel: [] },
  { type: "ptp", keys: { ipam: ipam(4) }, kernel: [] },
  { type: "macvlan", keys: { master: DEVICE, ipam: ipam(4) }, kernel: ["kernel:macvlan"] },
  { type: "ipvlan", keys: { master: DEVICE, ipam: ipam(4) }, kernel: ["kernel:ipvlan"] },
  { type: "vlan", keys: { master: DEVICE, vlanId: 7, ipam: ipam(4) }, kernel: ["kernel:vlan"] },
  { type: "dummy", keys: { ipam: ipam(4) }, kernel: ["kernel:dummy"] },
  { type: "tap", keys: {}, kernel: [] },
];

async function load(type: string): Promise<Plugin> {
  const plugin = await PLUGINS.get(type)?.();
  if (plugin === undefined) throw new Error(`no plugin ${type}`);
  return plugin;
}

async function call(
  plugin: Plugin,
  operation: "ADD" | "DEL",
  keys: Keys,
  containerId: string,
): Promise<Answer> {
  const answer = await callPlugin(plugin, operation, one, keys, { containerId });
  expect(answer).toMatchObject({ exitCode: 0 });
  return answer;
}

/** The container's interface; its state of operation, which comes by and by, is left out. */
async function standing(): Promise<object> {
  const { operstate: _, ...rest } = (await linkOf(one, "eth0")) as { operstate?: string };
  return rest;
}

/** Another namespace under the same name. */
async function replaceNamespace(): Promise<void> {
  await lab.host.remove(one);
  await lab.container("one");
}

for (const { type, keys, kernel } of SUBJECTS) {
  describe(`${type}: DEL of a container whose path is another's by now`, () => {
    const run = needs(...kernel);

    run("case S1: it leaves the other attachment of the same network alone", async () => {
      const plugin = await load(type);
      await call(plugin, "ADD", keys, "id-a");
      await replaceNamespace();
      await call(plugin, "ADD", keys, "id-b");
      const before = await standing();
      await call(plugin, "DEL", keys, "id-a");
      expect(await standing()).toEqual(before);
      // Also when a runtime repeats it.
      await call(plugin, "DEL", keys, "id-a");
      expect(await standing()).toEqual(before);
      await call(plugin, "DEL", keys, "id-b");
      expect(await failureOf(standing())).toBeDefined();
    });

    run("case S1, kind: it leaves an interface that another program made alone", async () => {
      const plugin = await load(type);
      await call(plugin, "ADD", keys, "id-a");
      await replaceNamespace();
      const made = type === "tap" ? ["tuntap", "add", "eth0", "mode", "tap"] : undefined;
      if (made !== undefined) await must(["ip", "-n", "one", ...made]);
      else if (["bridge", "ptp"].includes(type)) await must(["ip", ...PAIR_OF_OTHERS]);
      else if (type === "dummy")
        await must(["ip", "-n", "one", "link", "add", "eth0", "type", type]);
      else
        await must(["ip", "link", "add", "link", DEVICE, "eth0", "netns", "one", ...typed(type)]);
      const before = await standing();
      for (const _ of ["once", "and again"]) {
        await call(plugin, "DEL", keys, "id-a");
        expect(await standing()).toEqual(before);
      }
      await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    });

    run(
      "case S1, kind: without a note of its ADD, it still leaves what bears another's mark",
      async () => {
        const plugin = await load(type);
        await call(plugin, "ADD", keys, "id-a");
        await replaceNamespace();
        await call(plugin, "ADD", keys, "id-b");
        loseState();
        mkdirSync("/run/hawser/netns", { recursive: true });
        const before = await standing();
        await call(plugin, "DEL", keys, "id-a");
        expect(await standing()).toEqual(before);
      },
    );
  });
}

function typed(type: string): string[] {
  return ["type", type, ...(type === "vlan" ? ["id", "7"] : [])];
}

for (const { type, keys, kernel } of SUBJECTS) {
  const run = needs(...kernel);
  const name = type === "bridge" ? "case S11" : "case S11, kind";

  run(`${name}: DEL of ${type} when its path leads to the host's namespace by now`, async () => {
    await must("ip link add eth0 type veth peer name eth0-peer".split(" "));
    await lab.remember();
    const hosts = await linkOf(undefined, "eth0");
    const plugin = await load(type);
    await call(plugin, "ADD", keys, "id-a");
    await lab.host.remove(one);
    for (const netns of ["/proc/self/ns/net", `/proc/${process.pid}/ns/net`]) {
      const answer = await callPlugin(plugin, "DEL", one, keys, { containerId: "id-a", netns });
      expect(answer).toMatchObject({ exitCode: 0, json: {} });
      expect(answer.stderr).toContain("is the host's namespace by now");
    }
    // The kernel takes links of an ended namespace off the device by and by.
    const left = (await lab.changes()).filter((line) => !line.includes(`"ifname":"${DEVICE}"`));
    expect(left).toEqual([]);
    expect(await linkOf(undefined, "eth0")).toEqual(hosts);
    await must(["ip", "link", "delete", "eth0"]);
  });
}

describe("loopback and tuning", () => {
  const run = needs();

  run("case S1, kind: loopback of another container stays up", async () => {
    const plugin = await load("loopback");
    await callPlugin(plugin, "ADD", one, {}, { containerId: "id-a", ifName: "lo" });
    await replaceNamespace();
    await callPlugin(plugin, "DEL", one, {}, { containerId: "id-a", ifName: "lo" });
    expect((await linkOf(one, "lo")).flags).toContain("UP");
  });

  run("case S1, kind: a sysctl of another container keeps its value", async () => {
    const plugin = await load("tuning");
    const key = "net.ipv4.conf.all.log_martians";
    const keys = { sysctl: { [key]: "1" }, prevResult: { cniVersion: "1.1.0" } };
    const added = await callPlugin(plugin, "ADD", one, keys, { containerId: "id-a" });
    expect(added).toMatchObject({ exitCode: 0 });
    await replaceNamespace();
    const value = async (): Promise<string> =>
      (await must(["ip", "netns", "exec", "one", "sysctl", "-n", key])).trim();
    await must(["ip", "netns", "exec", "one", "sysctl", "-qw", `${key}=1`]);
    await callPlugin(plugin, "DEL", one, keys, { containerId: "id-a" });
    expect(await value()).toBe("1");
  });
});
