import type { JsonObject } from "../../subject/index.ts";
import { expectError, expectSuccess } from "../answer.ts";
import {
  delegates,
  inEachVersion,
  needsVersion,
  onlyFor,
  type PluginCheck,
  unless,
} from "../define.ts";
import { type Added, listOf, type PluginScene } from "../scene.ts";
import { remember } from "./attached.ts";

/** CHECK while all is well: it succeeds, changes nothing, and goes by prevResult. */

const checks = needsVersion("0.4.0");
/** What CHECK cannot see, no check of it can show. */
const sees = unless(checks, ({ checkIsBlind }) => checkIsBlind);

export const CHECK: readonly PluginCheck[] = [
  ...inEachVersion(
    {
      name: "check-right-after-add",
      rule: "R55",
      level: "MUST",
      tries: "calls CHECK right after ADD, twice",
      profile: "quick",
      async run(scene) {
        const added = await scene.add();
        expectSuccess(await scene.check(added), "the first CHECK");
        expectSuccess(await scene.check(added), "the second CHECK");
      },
    },
    "0.4.0",
  ),
  {
    name: "check-changes-nothing",
    rule: "R55",
    level: "SHOULD",
    tries: "calls ADD and CHECK, and compares host and container before and after CHECK",
    profile: "full",
    unfit: checks,
    async run(scene) {
      const added = await scene.add();
      const isAsBefore = await remember(scene, [added.container.name]);
      expectSuccess(await scene.check(added));
      await isAsBefore("CHECK");
    },
  },
  {
    name: "check-goes-by-prevresult",
    rule: "R55",
    level: "MUST",
    tries: "calls ADD, and CHECK with a prevResult of which the interface lacks an address",
    profile: "quick",
    unfit: unless(delegates, sees),
    async run(scene) {
      const added = await scene.add();
      const result = withoutAddresses(added, "10.245.0.177/24");
      expectError(await scene.check({ ...added, result }), "CHECK of an address that is not there");
    },
  },
  {
    name: "check-bears-a-later-plugins-routes",
    rule: "R55",
    level: "MUST",
    tries: "calls ADD, adds a route in the container as a later plugin does, and calls CHECK",
    profile: "full",
    unfit: unless(checks, onlyFor("interface", "chained")),
    run: bearsRoutes,
  },
  {
    name: "check-bears-a-later-plugins-address",
    rule: "R55",
    level: "MUST",
    tries: "calls ADD, adds an address in the container and in prevResult, and calls CHECK",
    profile: "full",
    unfit: unless(checks, delegates),
    async run(scene) {
      const added = await scene.add();
      const { name, ifName } = added.container;
      const address = "10.247.0.9/24";
      await scene.world.must(["ip", "-n", name, "addr", "add", address, "dev", ifName]);
      const result = withAddress(added, address);
      expectSuccess(await scene.check({ ...added, result }), "CHECK after a later plugin");
    },
  },
  {
    name: "check-bears-another-link",
    rule: "R55",
    level: "MUST",
    tries: "calls ADD, makes another link in the container, and calls CHECK",
    profile: "full",
    unfit: checks,
    async run(scene) {
      const added = await scene.add();
      const { name } = added.container;
      await scene.world.must([
        ...["ip", "-n", name, "link", "add", "other0", "type", "veth", "peer", "name", "other1"],
      ]);
      expectSuccess(await scene.check(added), "CHECK beside another link");
    },
  },
  {
    name: "check-after-del",
    rule: "R56",
    level: "SHOULD",
    tries: "calls ADD, DEL and CHECK",
    profile: "quick",
    unfit: unless(sees, ({ adjusts }) =>
      adjusts === true ? "DEL may leave what it adjusts" : undefined,
    ),
    async run(scene) {
      const added = await scene.add();
      await scene.del(added);
      expectError(await scene.check(added), "CHECK after DEL");
    },
  },
  {
    name: "check-in-a-namespace-that-is-gone",
    rule: "R56",
    level: "SHOULD",
    tries: "calls ADD, deletes the namespace, and calls CHECK",
    profile: "full",
    unfit: unless(sees, onlyFor("interface")),
    async run(scene) {
      const added = await scene.add();
      await scene.world.must(["ip", "netns", "del", added.container.name]);
      expectError(await scene.check(added), "CHECK without the namespace");
    },
  },
  {
    name: "check-of-a-version-without-it",
    rule: "R51",
    level: "SHOULD",
    tries: "calls CHECK with a configuration of 0.3.1, which has no CHECK",
    profile: "full",
    version: "0.3.1",
    unfit: ({ versions }) => (versions.includes("0.3.1") ? undefined : "it does not support 0.3.1"),
    async run(scene) {
      const added = await scene.add();
      expectError(await scene.check(added), "CHECK of 0.3.1", { codes: [1] });
    },
  },
];

function replaced({ result }: Added, ips: readonly JsonObject[]): JsonObject {
  return { ...result, ips };
}

/** The result with this address in the place of its own. */
function withoutAddresses(added: Added, address: string): JsonObject {
  const [first = {}] = listOf(added.result, "ips");
  return replaced(added, [{ ...first, address }]);
}

function withAddress(added: Added, address: string): JsonObject {
  const ips = listOf(added.result, "ips");
  const [first = {}] = ips;
  const { gateway: _, ...more } = first;
  return replaced(added, [...ips, { ...more, address }]);
}

async function bearsRoutes(scene: PluginScene): Promise<void> {
  const added = await scene.add();
  const { name, ifName } = added.container;
  const add = ["ip", "-n", name, "route", "add", "10.248.0.0/16", "dev", ifName];
  await scene.world.must(add);
  expectSuccess(await scene.check(added), "CHECK after a later plugin");
}
