import { Finding, NotTried } from "../../check.ts";
import type { JsonObject } from "../../subject/index.ts";
import { expect, expectError, expectSuccess, isObject } from "../answer.ts";
import { needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { type Added, type CallOptions, listOf, type PluginScene } from "../scene.ts";
import {
  addressesOf,
  addSecondInterface,
  expectWhole,
  linesOf,
  plainPrefix,
  remember,
} from "./attached.ts";

/** IPAM plugins: addresses alone, each given to one attachment at a time. */

const isIpam = onlyFor("ipam");
const hasSmall = unless(isIpam, ({ small }) =>
  small === undefined
    ? "no configuration with few addresses is known for it (key small)"
    : undefined,
);
/** More than any `small` has room for. */
const MANY = 16;

export const IPAM: readonly PluginCheck[] = [
  {
    name: "ipam-gives-addresses",
    rule: "R101",
    level: "MUST",
    tries: "calls ADD and looks for an address with its prefix length in the result",
    profile: "quick",
    unfit: isIpam,
    async run(scene) {
      const { result } = await scene.add();
      const list = addressesOf(result).map(({ address }) => address);
      const isRight = list.length > 0 && list.every((one) => /^[0-9a-fA-F.:]+\/\d+$/u.test(one));
      expect(isRight, "addresses with their prefix lengths in the result", result);
    },
  },
  {
    name: "ipam-names-no-interface",
    rule: "R101",
    level: "MUST",
    tries: "calls ADD and looks for interfaces in the result",
    profile: "quick",
    unfit: unless(isIpam, needsVersion("0.3.0")),
    async run(scene) {
      const { result } = await scene.add();
      const { length } = listOf(result, "interfaces");
      expect(length === 0, "no interfaces in the result of an IPAM plugin", result);
      const bound = listOf(result, "ips").filter(({ interface: index }) => index !== undefined);
      expect(bound.length === 0, "no interface at an address of an IPAM plugin", result);
    },
  },
  {
    name: "ipam-leaves-the-container-alone",
    rule: "R101",
    level: "SHOULD",
    tries: "calls ADD, and compares the container before and after",
    profile: "full",
    unfit: isIpam,
    async run(scene) {
      const container = await scene.container();
      const isAsBefore = await remember(scene, [container.name], linesOf(container.name));
      expectSuccess(await scene.call("ADD", { container }));
      await isAsBefore("ADD of an IPAM plugin");
    },
  },
  {
    name: "ipam-gives-each-its-own",
    rule: "R77",
    level: "SHOULD",
    tries: "calls ADD for three containers, and compares the addresses",
    profile: "quick",
    unfit: isIpam,
    async run(scene) {
      const list: Added[] = [];
      for (const name of ["c1", "c2", "c3"]) {
        list.push(await scene.add(await scene.container(name)));
      }
      expectDistinct(list.map(({ result }) => result));
    },
  },
  {
    name: "ipam-keeps-attachments-apart",
    rule: "R44",
    level: "MUST",
    tries: "calls ADD for two interfaces of one container, DEL for one, and CHECK for the other",
    profile: "full",
    unfit: unless(isIpam, needsVersion("0.4.0"), ({ wired }) =>
      wired === undefined ? undefined : "its container has one interface",
    ),
    async run(scene) {
      const first = await scene.add();
      const second = await addSecondInterface(scene, first.container);
      expectDistinct([first.result, second.result]);
      await scene.del(first);
      await expectWhole(scene, second, "after DEL of the container's other interface");
    },
  },
  {
    name: "ipam-keeps-networks-apart",
    rule: "R77",
    level: "SHOULD",
    tries: "calls ADD in two networks, DEL in one, and CHECK in the other",
    profile: "full",
    unfit: unless(isIpam, needsVersion("0.4.0"), ({ wired }) =>
      wired === undefined ? undefined : "its container has one interface",
    ),
    run: keepsNetworksApart,
  },
  ...WHEN_FULL(),
];

/** What happens when all addresses are given out. */
function WHEN_FULL(): PluginCheck[] {
  return [
    {
      name: "ipam-when-full-fails",
      rule: "R26",
      level: "MUST",
      tries: "calls ADD until no address is left",
      profile: "full",
      unfit: hasSmall,
      async run(scene) {
        const list = await fill(scene);
        expectDistinct(list.map(({ result }) => result));
      },
    },
    {
      name: "ipam-releases-an-address",
      rule: "R44",
      level: "SHOULD",
      tries: "calls ADD until no address is left, then DEL for one, and ADD again",
      profile: "full",
      unfit: hasSmall,
      async run(scene) {
        const list = await fill(scene);
        const [first] = list;
        if (first === undefined) throw new NotTried("no ADD succeeded");
        await scene.del(first, { config: small(scene) });
        const container = await scene.container("late");
        const answer = await scene.call("ADD", { container, config: small(scene) });
        expectSuccess(answer, "ADD after DEL where no address was left");
        const came = isObject(answer.json) ? addressesOf(answer.json) : [];
        const freed = addressesOf(first.result).map(({ address }) => address);
        const isFreed = came.every(({ address }) => freed.includes(address));
        expect(isFreed, `the address ${freed.join(", ")} that was released`, answer.json);
      },
    },
    {
      name: "ipam-when-full-reserves-nothing",
      rule: "R100",
      level: "SHOULD",
      tries: "calls ADD until no address is left, twice more, and compares",
      profile: "full",
      unfit: hasSmall,
      async run(scene) {
        await fill(scene);
        const container = await scene.container("late");
        const isAsBefore = await remember(scene);
        const answer = await scene.call("ADD", { container, config: small(scene) });
        expectError(answer, "ADD without an address left");
        await isAsBefore("ADD without an address left");
      },
    },
    {
      name: "ipam-when-full-is-not-ready",
      rule: "R59",
      level: "SHOULD",
      tries: "calls ADD until no address is left, and STATUS",
      profile: "full",
      unfit: unless(hasSmall, needsVersion("1.1.0")),
      async run(scene) {
        await fill(scene);
        const answer = await scene.call("STATUS", { config: small(scene) });
        expectError(answer, "STATUS without an address left");
      },
    },
  ];
}

/** The configuration with few addresses. */
function small(scene: PluginScene): Readonly<Record<string, JsonObject>> {
  const { type, config, small: few } = scene.subject;
  return { ipam: { type, ...config, ...few } };
}

/** Attaches container by container until ADD fails; gives the attachments. */
async function fill(scene: PluginScene): Promise<Added[]> {
  const list: Added[] = [];
  for (let number = 1; number <= MANY; number++) {
    const container = await scene.container(`c${number}`);
    const answer = await scene.call("ADD", { container, config: small(scene) });
    if (answer.exitCode !== 0) {
      expectError(answer, "ADD without an address left");
      return list;
    }
    list.push({ container, result: isObject(answer.json) ? answer.json : {} });
  }
  const expected = `ADD fails when no address is left, after fewer than ${MANY}`;
  throw new Finding({ expected, came: `success, ${MANY} times` });
}

/** No address stands in two results. */
export function expectDistinct(results: readonly JsonObject[]): void {
  const all = results.flatMap((result) => {
    return addressesOf(result).map(({ address }) => plainPrefix(address));
  });
  const twice = all.filter((address, index) => all.indexOf(address) !== index);
  expect(twice.length === 0, "each address is given once", `${twice.join(", ")} given twice`);
}

async function keepsNetworksApart(scene: PluginScene): Promise<void> {
  const container = await scene.container();
  const inNetwork = (name: string): CallOptions => ({ container, config: { name } });
  const one = await scene.add(container, inNetwork("conformance-a"));
  const two = await scene.add(container, inNetwork("conformance-b"));
  await scene.del(one, { config: { name: "conformance-a" } });
  const answer = await scene.check(two, { config: { name: "conformance-b" } });
  expectSuccess(answer, "CHECK in the network that is left");
}
