import { expect, expectError, expectSuccess } from "../answer.ts";
import type { Container } from "../container.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addresses, differences, links, picture } from "../observe.ts";
import { listOf, type PluginScene } from "../scene.ts";
import { addNeighbour, addressesOf, NEIGHBOUR, plainPrefix, remember } from "./attached.ts";

/** What follows from prevResult and runtimeConfig, and from their absence. */

/** Its interface is there before ADD, and after DEL. */
const isItsOwn: NonNullable<PluginCheck["unfit"]> = ({ adjusts }) =>
  adjusts === true ? "it makes no interface" : undefined;

/** Warm from an attachment before: what attachments share is there already. */
async function changesOfAdd(
  scene: PluginScene,
  container: Container,
  config: Readonly<Record<string, undefined>>,
): Promise<string> {
  const before = await picture(scene.world, [container.name], { isDetailed: true });
  const added = await scene.add(container, { config });
  const after = await picture(scene.world, [container.name], { isDetailed: true });
  await scene.del(added, { config });
  return differences(before, after).toSorted().join("\n");
}

export const PREVIOUS: readonly PluginCheck[] = [
  {
    name: "del-without-prevresult-leaves-no-trace",
    rule: "R46",
    level: "SHOULD",
    tries: "calls ADD, and DEL without prevResult, beside another attachment, and compares",
    profile: "full",
    unfit: isItsOwn,
    async run(scene) {
      await addNeighbour(scene);
      const container = await scene.container();
      const reserved = scene.stub.reserved().join();
      const isAsBefore = await remember(scene, [NEIGHBOUR, container.name]);
      await scene.add(container);
      const config = { prevResult: undefined };
      expectSuccess(await scene.call("DEL", { container, config }), "DEL without prevResult");
      await isAsBefore("DEL without prevResult");
      const now = scene.stub.reserved().join();
      expect(now === reserved, "IPAM has released the address", now);
    },
  },
  {
    name: "check-without-prevresult",
    rule: "R55",
    level: "SHOULD",
    tries: "calls ADD, and CHECK without the prevResult that it has to go by",
    profile: "full",
    unfit: unless(onlyFor("interface", "chained"), isItsOwn, needsVersion("0.4.0")),
    async run(scene) {
      const added = await scene.add();
      const answer = await scene.check(added, { config: { prevResult: undefined } });
      expectError(answer, "CHECK without prevResult");
    },
  },
  {
    name: "check-bears-a-later-plugins-interface",
    rule: "R55",
    level: "MUST",
    tries: "calls ADD, makes another link in container and prevResult, and calls CHECK",
    profile: "full",
    unfit: unless(delegates, needsVersion("0.4.0")),
    async run(scene) {
      const added = await scene.add();
      const { name, netns } = added.container;
      const pair = ["link", "add", "later0", "type", "veth", "peer", "name", "later1"];
      await scene.world.must(["ip", "-n", name, ...pair]);
      const list = await links(scene.world, name);
      const mac = list.find((link) => link.name === "later0")?.mac ?? "";
      const later = { name: "later0", mac, sandbox: netns };
      const interfaces = [...listOf(added.result, "interfaces"), later];
      const result = { ...added.result, interfaces };
      expectSuccess(await scene.check({ ...added, result }), "CHECK after a later plugin");
    },
  },
  {
    name: "chained-adds-only-addresses-that-are-there",
    rule: "R105",
    level: "MUST",
    tries: "calls ADD with prevResult, and looks for the addresses that the result has beyond it",
    profile: "full",
    unfit: unless(onlyFor("chained"), needsVersion("0.3.0")),
    async run(scene) {
      const container = await scene.container();
      const { result } = await scene.add(container);
      const there: string[] = [];
      for (const place of [container.name, undefined]) {
        for (const { name } of await links(scene.world, place)) {
          there.push(...(await addresses(scene.world, place, name)).map(plainPrefix));
        }
      }
      const said = addressesOf(result).map(({ address }) => plainPrefix(address));
      const missing = said.filter((address) => !there.includes(address));
      expect(missing.length === 0, "each address of the result on a link", missing);
    },
  },
  {
    name: "runtime-config-makes-a-difference",
    rule: "R38",
    level: "SHOULD",
    tries:
      "calls ADD with and without the runtimeConfig of the subject, and compares what it makes",
    profile: "full",
    unfit: unless(onlyFor("chained"), ({ runtimeConfig }) =>
      runtimeConfig === undefined ? "its subject has no runtimeConfig" : undefined,
    ),
    async run(scene) {
      const container = await scene.container();
      await changesOfAdd(scene, container, {});
      const bare = await changesOfAdd(scene, container, { runtimeConfig: undefined });
      const made = await changesOfAdd(scene, container, {});
      expect(made !== bare, "an ADD with runtimeConfig that makes something more", bare);
    },
  },
];
