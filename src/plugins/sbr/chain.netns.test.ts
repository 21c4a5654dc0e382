import { expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import {
  type AttachmentParameters,
  type Conflist,
  type Operation,
  runChain,
} from "../../../tests/support/chain.ts";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { ask } from "../../../tests/support/greeter.ts";
import type { Container } from "../../../tests/support/host.ts";
import { hostLab } from "../../../tests/support/host-lab.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { hawserPlugins } from "../../../tests/support/plugin-sets.ts";
import { defined } from "../../base/index.ts";

const OWN = hawserPlugins();
const PORT = 80;
const RECORDS = "/run/hawser/sbr";

const BRIDGE = {
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  ipam: {
    type: "host-local",
    ranges: [[{ subnet: "10.4.0.0/24" }], [{ subnet: "fd04::/64" }]],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  },
};
const SBR = { type: "sbr" };
const VRF = { type: "vrf", vrfname: "blue" };

const lab = hostLab({ containers: [] });

/** The host asks, and the answers leave by the tables. */
async function traffic(container: Container): Promise<void> {
  const text = await must(["ip", "-n", container.name, "-j", "address", "show", "eth0"]);
  const [{ addr_info: infos = [] } = {}] = JSON.parse(text) as {
    addr_info?: { local: string; scope: string }[];
  }[];
  const addresses = infos.filter(({ scope }) => scope === "global").map(({ local }) => local);
  expect(addresses).toHaveLength(2);
  for (const address of addresses) expect(await ask(address, PORT)).toStartWith(container.name);
}

async function roundTrip(name: string, list: Conflist, withTraffic: boolean): Promise<void> {
  const containers = [await lab.container(`${name}1`), await lab.container(`${name}2`)];
  await lab.remember();
  const call = async (
    operation: Operation,
    { name: id, netns }: Container,
    prevResult?: object,
  ) => {
    const attachment: AttachmentParameters = { containerId: id, netns, ifName: "eth0" };
    const previous = defined({ prevResult });
    return await runChain({ dir: OWN.dir, list, operation, attachment, ...previous });
  };
  const results = [];
  for (const each of containers) results.push((await call("ADD", each)).result ?? {});
  for (const [at, each] of containers.entries()) await call("CHECK", each, results[at]);
  if (withTraffic) {
    const servers = await Promise.all(containers.map((each) => lab.serve(each)));
    for (const each of containers) await traffic(each);
    await Promise.all(servers.map((server) => server.stop()));
  }
  for (const [at, each] of containers.entries()) {
    await call("DEL", each, results[at]);
    await call("DEL", each);
  }
  const left = await lab.changes();
  // The kernel's own, which comes with the first VRF and stays.
  expect(left.filter((line) => !line.includes("l3mdev"))).toEqual([]);
  expect(existsSync(RECORDS) ? readdirSync(RECORDS) : []).toEqual([]);
}

function chain(...plugins: Conflist["plugins"]): Conflist {
  return { cniVersion: "1.1.0", name: "chain", plugins };
}

skipBecause(OWN.missing)(
  "bridge and sbr: added, checked as a whole, reachable, removed without a trace",
  () => roundTrip("bs", chain(BRIDGE, SBR), true),
  60_000,
);

const missing = OWN.missing ?? (has("kernel:vrf") ? undefined : "kernel:vrf");

// A server outside of the VRF is not reached through it: what is judged here are CHECK and DEL.
for (const plugins of [
  [BRIDGE, VRF, SBR],
  [BRIDGE, SBR, VRF],
  [BRIDGE, VRF],
]) {
  const names = plugins.map(({ type }) => type);
  skipBecause(missing)(
    `${names.join(", ")}: added, checked as a whole, removed without a trace`,
    () => roundTrip(`v${names.join("").slice(6)}`, chain(...plugins), false),
    120_000,
  );
}
