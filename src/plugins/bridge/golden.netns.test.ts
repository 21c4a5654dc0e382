import { describe, expect, test } from "bun:test";
import { comparable } from "../../../tests/support/comparable.ts";
import { must } from "../../../tests/support/exec.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import type { Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { plugin } from "./index.ts";

/** The same request to the reference plugin and to ours: the results are equal, value for value. */

const VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/** Results of these versions hold nothing but addresses: see D65 for one without any. */
const WITHOUT_INTERFACES = ["0.1.0", "0.2.0"];
const LAYER_2 = "layer 2 alone";

const ranges = [
  [{ subnet: "10.1.0.0/16", gateway: "10.1.0.1" }],
  [{ subnet: "fd00:10:1::/64", gateway: "fd00:10:1::1" }],
];
const four = { type: "host-local", ranges: ranges.slice(0, 1) };
const both = { type: "host-local", ranges };

const REQUESTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "IPv4 with a default gateway": { isDefaultGateway: true, ipam: four },
  "dual stack with routes": {
    isGateway: true,
    ipam: { ...both, routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0", gw: "fd00:10:1::9" }] },
  },
  "resolver settings": {
    ipam: four,
    dns: { nameservers: ["10.1.0.1"], domain: "example.org", search: ["a", "b"], options: ["c"] },
  },
  [LAYER_2]: { ipam: {} },
  "a MAC from the capability": { runtimeConfig: { mac: "c2:11:22:33:44:55" }, ipam: four },
};

const lab = pluginLab(plugin, { containers: [], executables: ["bridge", "host-local"] });
const { one } = lab;

/** One ADD on a fresh host; its output. */
async function add(dir: string, cniVersion: string, keys: object): Promise<unknown> {
  await lab.container("one");
  const config = { cniVersion, ...keys };
  const { stdout } = await lab.program(dir, "ADD", config);
  await lab.program(dir, "DEL", config);
  await lab.host.remove(one);
  await lab.host.tidy();
  return comparable(JSON.parse(stdout) as Keys, "veth", "mac", "mtu");
}

/** The rules that an ADD makes, as the programs of the two backends list them. */
async function rulesOf(dir: string, backend: string): Promise<string[]> {
  await lab.container("one");
  const keys = { isGateway: true, ipMasq: true, ipMasqBackend: backend, ipam: both };
  await lab.mustProgram(dir, "ADD", keys);
  const listed =
    backend === "iptables"
      ? (await must(["iptables-save", "-t", "nat"])) + (await must(["ip6tables-save", "-t", "nat"]))
      : await must(["nft", "list", "table", "inet", "cni_plugins_masquerade"]);
  await lab.program(dir, "DEL", keys);
  await lab.host.remove(one);
  await lab.host.tidy();
  return listed
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/\[\d+:\d+\]/u, ""));
}

function versionsOf({ name }: PluginSet): string[] {
  return name === "debian" ? ["0.4.0", "1.0.0"] : VERSIONS;
}

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const run = skipBecause(set.missing);
  for (const version of versionsOf(set)) {
    run(`${set.name} ${version}: results are equal`, async () => {
      for (const [what, keys] of Object.entries(REQUESTS)) {
        if (what === LAYER_2 && WITHOUT_INTERFACES.includes(version)) continue;
        const theirs = await add(set.dir, version, keys);
        const ours = await add(lab.own, version, keys);
        expect({ what, result: ours }).toEqual({ what, result: theirs });
      }
    });
  }

  for (const backend of set.backends) {
    run(`${set.name}: the rules of the ${backend} backend are equal, line for line`, async () => {
      const theirs = await rulesOf(set.dir, backend);
      expect(theirs.length).toBeGreaterThan(5);
      expect(await rulesOf(lab.own, backend)).toEqual(theirs);
    });
  }
});

test("D65 a network of layer 2 gives an empty result in versions without interfaces", async () => {
  for (const version of WITHOUT_INTERFACES) {
    expect(await add(lab.own, version, { ipam: {} })).toEqual({ cniVersion: version });
  }
});
