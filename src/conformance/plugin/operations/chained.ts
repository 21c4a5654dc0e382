import type { JsonObject } from "../../subject/index.ts";
import { expect, expectSuccess } from "../answer.ts";
import type { Container } from "../container.ts";
import { needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addresses } from "../observe.ts";
import { listOf, type PluginScene } from "../scene.ts";
import { since } from "../versions.ts";
import { addressesOf, plainPrefix, routesOf } from "./attached.ts";

/** Chained plugins: what came before them comes out again, and stays. */

const isChained = unless(onlyFor("chained"), needsVersion("0.3.0"));

export const CHAINED: readonly PluginCheck[] = [
  {
    name: "chained-passes-prevresult",
    rule: "R40",
    level: "MUST",
    tries: "calls ADD with prevResult, and looks for its parts in the result",
    profile: "quick",
    unfit: isChained,
    async run(scene) {
      const container = await scene.container();
      const given = container.prevResult ?? {};
      const { result } = await scene.add(container);
      expectContained(given, result);
    },
  },
  {
    name: "chained-passes-dns",
    rule: "R105",
    level: "MUST",
    tries: "calls ADD with a prevResult that has dns, and looks for it in the result",
    profile: "full",
    unfit: isChained,
    async run(scene) {
      const dns = { nameservers: ["10.246.0.53"], domain: "conformance.test", search: ["a.test"] };
      const { result } = await scene.add(...withPrevious(await scene.container(), { dns }));
      const came = result["dns"] as JsonObject | undefined;
      const isSame = Object.entries(dns).every(([key, value]) => {
        return Bun.deepEquals(came?.[key], value);
      });
      expect(isSame, "dns of prevResult in the result", came ?? null);
    },
  },
  {
    name: "chained-passes-several-addresses",
    rule: "R105",
    level: "MUST",
    tries: "calls ADD with a prevResult of three addresses and two interfaces in the container",
    profile: "full",
    unfit: isChained,
    run: passesSeveral,
  },
  {
    name: "chained-works-after-another",
    rule: "R40",
    level: "SHOULD",
    tries: "calls ADD with a prevResult of a plugin before that made no link on the host",
    profile: "full",
    unfit: unless(isChained, ({ type }) =>
      type === "bandwidth" ? "it needs the host's end" : undefined,
    ),
    async run(scene) {
      const container = await scene.container();
      const { interfaces, ips } = partsOf(container);
      const inside = interfaces.filter(({ sandbox }) => sandbox !== undefined);
      const change = {
        interfaces: inside,
        ips: ips.map((ip) => ({ ...ip, interface: 0 })),
      };
      expectContained(change, (await scene.add(...withPrevious(container, change))).result);
    },
  },
  {
    name: "chained-keeps-the-addresses",
    rule: "R38",
    level: "SHOULD",
    tries: "calls ADD, and looks for the addresses of the plugin before in the container",
    profile: "full",
    unfit: isChained,
    async run(scene) {
      const container = await scene.container();
      await scene.add(container);
      await expectAddresses(scene, container);
    },
  },
  {
    name: "chained-del-keeps-the-interface",
    rule: "R44",
    level: "SHOULD",
    tries: "calls ADD and DEL, and looks for the interface of the plugin before",
    profile: "full",
    unfit: isChained,
    async run(scene) {
      const container = await scene.container();
      await scene.del(await scene.add(container));
      await expectAddresses(scene, container);
    },
  },
  {
    name: "chained-del-after-the-one-before",
    rule: "R47",
    level: "SHOULD",
    tries: "calls ADD, takes away the host's end of the link, and calls DEL",
    profile: "full",
    unfit: isChained,
    async run(scene) {
      const container = await scene.container();
      const { result } = await scene.add(container);
      await scene.world.must(["ip", "link", "del", container.hostLink ?? ""]);
      const answer = await scene.call("DEL", { container, config: { prevResult: result } });
      expectSuccess(answer, "DEL after the link is gone");
    },
  },
];

function partsOf({ prevResult = {} }: Container): {
  readonly interfaces: readonly JsonObject[];
  readonly ips: readonly JsonObject[];
} {
  return { interfaces: listOf(prevResult, "interfaces"), ips: listOf(prevResult, "ips") };
}

/** The arguments of an ADD with another prevResult. */
function withPrevious(
  container: Container,
  change: Readonly<Record<string, JsonObject | readonly JsonObject[]>>,
): Parameters<PluginScene["add"]> {
  const prevResult = { ...container.prevResult, ...change };
  return [container, { config: { prevResult } }];
}

/** All that the result before has; a plugin may add to it and change MACs. */
function expectContained(given: JsonObject, result: JsonObject): void {
  const names = (of: JsonObject): string[] =>
    listOf(of, "interfaces").map(
      ({ name, sandbox }) => `${String(name)} in ${String(sandbox ?? "")}`,
    );
  const ips = (of: JsonObject): string[] =>
    addressesOf(of).map(({ address, interface: index }) => `${plainPrefix(address)} on ${index}`);
  const dsts = (of: JsonObject): string[] =>
    routesOf(of).map(({ dst }) => plainPrefix(String(dst)));
  const lists: readonly (readonly [string, (of: JsonObject) => string[]])[] = [
    ["interfaces", names],
    ["addresses", ips],
    ["routes", dsts],
  ];
  for (const [what, of] of lists) {
    const [wanted, came] = [of(given), of(result)];
    const missing = wanted.filter((one) => !came.includes(one));
    expect(
      missing.length === 0,
      `${what} of prevResult in the result: ${missing.join(", ")}`,
      came,
    );
  }
}

async function passesSeveral(scene: PluginScene): Promise<void> {
  const container = await scene.container();
  const { interfaces, ips } = partsOf(container);
  const other = { name: "net1", mac: "02:00:5e:00:00:07", sandbox: container.netns };
  const version = (family: string): JsonObject =>
    since(scene.version, "1.0.0") ? {} : { version: family };
  const change = {
    interfaces: [...interfaces, other],
    ips: [
      ...ips,
      { ...version("6"), address: "fd00:246::2/64", interface: 1 },
      { ...version("4"), address: "10.250.0.2/24", interface: 2 },
    ],
  };
  const { name, ifName } = container;
  const add = ["addr", "add", "fd00:246::2/64", "dev", ifName, "nodad"];
  await scene.world.run(["ip", "-n", name, ...add], { silent: true });
  await scene.world.must(["ip", "-n", name, "link", "add", "net1", "type", "veth"]);
  await scene.world.must(["ip", "-n", name, "link", "set", "net1", "address", other.mac]);
  await scene.world.must(["ip", "-n", name, "addr", "add", "10.250.0.2/24", "dev", "net1"]);
  expectContained(change, (await scene.add(...withPrevious(container, change))).result);
}

async function expectAddresses(scene: PluginScene, container: Container): Promise<void> {
  const there = await addresses(scene.world, container.name, container.ifName);
  const wanted = addressesOf(container.prevResult ?? {}).map(({ address }) => address);
  const missing = wanted.filter((address) => !there.includes(address));
  expect(missing.length === 0, `${missing.join(", ")} on ${container.ifName}`, there);
}
