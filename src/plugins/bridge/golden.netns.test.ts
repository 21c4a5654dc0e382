import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { OwnExecutables } from "../../../tests/support/bridge.ts";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";

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

let host: Host;
let own: OwnExecutables;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
  own = new OwnExecutables("bridge", "host-local");
});
afterAll(() => {
  own[Symbol.dispose]();
});
afterEach(async () => {
  await host.tidy();
});

/** One ADD on a fresh host; exit code and output. */
async function add(dir: string, version: string, keys: object): Promise<unknown> {
  one = await host.container("one");
  const config = { cniVersion: version, name: "net1", type: "bridge", ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await host.plugin(dir, "bridge", "ADD", config, attachment);
  const text = answer.stdout;
  await host.plugin(dir, "bridge", "DEL", config, attachment);
  await host.remove(one);
  await host.tidy();
  return normalised(JSON.parse(text));
}

/** The rules that an ADD makes, as the programs of the two backends list them. */
async function rulesOf(dir: string, backend: string): Promise<string[]> {
  one = await host.container("one");
  const keys = { isGateway: true, ipMasq: true, ipMasqBackend: backend, ipam: both };
  const config = { cniVersion: "1.0.0", name: "net1", type: "bridge", ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await host.plugin(dir, "bridge", "ADD", config, attachment);
  expect(answer.exitCode).toBe(0);
  const listed =
    backend === "iptables"
      ? (await must(["iptables-save", "-t", "nat"])) + (await must(["ip6tables-save", "-t", "nat"]))
      : await must(["nft", "list", "table", "inet", "cni_plugins_masquerade"]);
  await host.plugin(dir, "bridge", "DEL", config, attachment);
  await host.remove(one);
  await host.tidy();
  return listed
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/\[\d+:\d+\]/u, ""));
}

/** Names of the host's ends and MACs are chosen at random; those asked for are not. D94: MTUs. */
function normalised(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/"veth[0-9a-f]{8}"/gu, '"veth"')
    .replaceAll(/"(?!c2:11)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"/gu, '"mac"')
    .replaceAll(/"mtu":\d+,/gu, "");
  const { dns, ...rest } = JSON.parse(text) as Record<string, unknown>;
  // Releases before 1.4 print an empty dns where newer ones leave it out.
  return dns === undefined || JSON.stringify(dns) === "{}" ? rest : { ...rest, dns };
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
        const ours = await add(own.dir, version, keys);
        expect({ what, result: ours }).toEqual({ what, result: theirs });
      }
    });
  }

  for (const backend of set.backends) {
    run(`${set.name}: the rules of the ${backend} backend are equal, line for line`, async () => {
      const theirs = await rulesOf(set.dir, backend);
      expect(theirs.length).toBeGreaterThan(5);
      expect(await rulesOf(own.dir, backend)).toEqual(theirs);
    });
  }
});

test("D65 a network of layer 2 gives an empty result in versions without interfaces", async () => {
  for (const version of WITHOUT_INTERFACES) {
    expect(await add(own.dir, version, { ipam: {} })).toEqual({ cniVersion: version });
  }
});
