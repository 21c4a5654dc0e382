import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

const COUNT = 20;

const lab = pluginLab(plugin, { containers: [], executables: ["bridge", "host-local"] });

const config = {
  ...{ cniVersion: "1.1.0", name: "net1", type: "bridge", isGateway: true, ipMasq: true },
  ...{ macspoofchk: true, ipam: ipam(4, 6) },
};

/** The plugin as a process of its own, once for each container, all at the same time. */
async function all(operation: "ADD" | "DEL", containers: readonly Container[]): Promise<string[]> {
  const answers = await Promise.all(
    containers.map(async ({ name, netns }) => {
      const attachment = { containerId: `id-${name}`, netns, ifName: "eth0" };
      return await lab.host.plugin(lab.own, "bridge", operation, config, attachment);
    }),
  );
  expect(answers.filter(({ exitCode }) => exitCode !== 0).map(({ stdout }) => stdout)).toEqual([]);
  return answers.map(({ stdout }) => stdout);
}

test("620: twenty first ADDs at once make one bridge with twenty ports, and none fails", async () => {
  const before = await lab.host.snapshot();
  const containers: Container[] = [];
  for (let at = 0; at < COUNT; at++) containers.push(await lab.host.container(`c${at}`));
  const results = await all("ADD", containers);

  const bridges = await ipJson(undefined, "link", "show", "type", "bridge");
  expect(bridges.map(({ ifname }) => ifname)).toEqual(["cni0"]);
  expect(await ipJson(undefined, "link", "show", "master", "cni0")).toHaveLength(COUNT);
  const macs = new Set(
    results.map(
      (text) => (JSON.parse(text) as { interfaces: { mac: string }[] }).interfaces[0]?.mac,
    ),
  );
  expect([...macs]).toEqual([bridges[0]?.address]);
  const addresses = results.flatMap((text) =>
    (JSON.parse(text) as { ips: { address: string }[] }).ips.map(({ address }) => address),
  );
  expect(new Set(addresses).size).toBe(2 * COUNT);
  const rules = await must(["nft", "list", "ruleset"]);
  expect(rules.match(/comment "net1 id-c\d+ eth0"/gu)).toHaveLength(4 * COUNT);

  await all("DEL", containers);
  for (const container of containers) await lab.host.remove(container);
  const left = leaks(diff(before, await lab.host.snapshot()));
  expect(left.filter((line) => !/hawser_macspoof(?!.*"elem")/u.test(line))).toEqual([]);
}, 120_000);
