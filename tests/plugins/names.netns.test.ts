import { expect, test } from "bun:test";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { hostLab } from "../support/host-lab.ts";
import { needs } from "../support/needs.ts";
import { type AddResult, callPlugin, ipam, type Keys } from "../support/plugin-call.ts";

/**
 * S2, S13: a name that passes the door comes back from every store, file, rule, mark and alias as it
 * was: CHECK finds all of the attachment, DEL and GC take all of it away.
 */

const lab = hostLab({ remembers: "host" });
const VALID = "cni.dev/valid-attachments";
const ports = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };

const CHAIN: readonly Keys[] = [
  { type: "bridge", isGateway: true, ipMasq: true, ipam: ipam(4) },
  { type: "tuning", mtu: 1400 },
  { type: "portmap", capabilities: { portMappings: true }, runtimeConfig: ports },
  { type: "firewall" },
  { type: "bandwidth", ingressRate: 8000, ingressBurst: 8000 },
];
/** The same kept by rules of iptables, whose programs read the names once more. */
const IPTABLES_CHAIN: readonly Keys[] = CHAIN.map((keys) => {
  if (keys["type"] === "bridge") return { ...keys, ipMasqBackend: "iptables" };
  return ["portmap", "firewall"].includes(String(keys["type"]))
    ? { ...keys, backend: "iptables" }
    : keys;
});

const IF_NAMES = [`a"b\\c'd`, "-x", "#1", "éü", "eth0\ufeff", "$(id)*?[", "a_b"];

interface Names {
  readonly containerId: string;
  readonly ifName: string;
  readonly network: string;
}

async function each(
  chain: readonly Keys[],
  operation: "ADD" | "CHECK" | "DEL" | "GC",
  names: Names,
  more: Keys = {},
): Promise<AddResult | undefined> {
  let prevResult: unknown = more["prevResult"];
  for (const keys of operation === "DEL" ? chain.toReversed() : chain) {
    const plugin = await PLUGINS.get(String(keys["type"]))?.();
    if (plugin === undefined) throw new Error("no such plugin");
    const config = { ...keys, ...more, name: names.network, prevResult };
    const answer = await callPlugin(plugin, operation, lab.one, config, names);
    const { exitCode, json, stderr } = answer;
    const told = exitCode === 0 ? "" : `${json.msg}; ${json.details} ${stderr}`.slice(0, 500);
    const { name } = plugin;
    expect({ operation, name, told }).toEqual({ operation, name, told: "" });
    if (operation === "ADD") prevResult = json;
  }
  return prevResult as AddResult | undefined;
}

async function roundTrip(chain: readonly Keys[], names: Names, end: "DEL" | "GC"): Promise<void> {
  const prevResult = await each(chain, "ADD", names);
  await each(chain, "CHECK", names, { prevResult });
  const valid = [{ containerID: names.containerId, ifname: names.ifName }];
  await each(chain, "GC", names, { [VALID]: valid });
  await each(chain, "CHECK", names, { prevResult });
  if (end === "GC") await each(chain, "GC", names, { [VALID]: [] });
  await each(chain, "DEL", names);
  expect(await lab.changes()).toEqual([]);
}

for (const ifName of IF_NAMES) {
  test(`case S2, kind: ${JSON.stringify(ifName)} comes back from every store`, async () => {
    const names = { network: "net1", containerId: "id-one", ifName };
    await roundTrip(CHAIN, names, "DEL");
  });
}

needs("iptables")("case S2, kind: names with quotes come back from rules of iptables", async () => {
  for (const ifName of IF_NAMES) {
    await roundTrip(IPTABLES_CHAIN, { network: "net1", containerId: "id-one", ifName }, "DEL");
  }
});

for (const length of [200, 236, 250, 300, 4080, 4090, 5000, 131_055]) {
  test(`case S13: a container ID of ${length} characters, from ADD to DEL and to GC`, async () => {
    const names = { network: "net1", containerId: "a".repeat(length), ifName: "eth0" };
    await roundTrip(CHAIN, names, "DEL");
    await roundTrip(CHAIN, names, "GC");
  });
}

test("case S13, kind: long IDs that differ at their end do not meet in any store", async () => {
  const [one, other] = ["1", "2"].map((end) => "a".repeat(5000) + end);
  const names = { network: "net1", containerId: one ?? "", ifName: "eth0" };
  const [bridge = {}, tuning = {}] = CHAIN;
  const prevResult = await each([bridge, tuning], "ADD", names);
  await each([bridge, tuning], "DEL", { ...names, containerId: other ?? "" });
  await each([bridge, tuning], "CHECK", names, { prevResult });
  await each([bridge, tuning], "DEL", names);
  expect(await lab.changes()).toEqual([]);
});

test("case S13, kind: one character more than an environment carries is refused at the door", async () => {
  const bridge = await PLUGINS.get("bridge")?.();
  if (bridge === undefined) throw new Error("no bridge");
  const names = { containerId: "a".repeat(131_056) };
  const { json } = await callPlugin(bridge, "ADD", lab.one, { ipam: ipam(4) }, names);
  expect(json).toMatchObject({
    code: 4,
    msg: "containerID is longer than 131055 characters",
  });
  expect(await lab.changes()).toEqual([]);
});
