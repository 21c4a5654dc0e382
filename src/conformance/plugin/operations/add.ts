import { expect, expectSuccess, isObject, word } from "../answer.ts";
import {
  delegates,
  inEachVersion,
  needsVersion,
  onlyFor,
  type PluginCheck,
  unless,
} from "../define.ts";
import { addresses, links, routes } from "../observe.ts";
import { type Added, listOf, type PluginScene } from "../scene.ts";
import { STUB_GATEWAY } from "../stub.ts";
import {
  addressesOf,
  addressesOn,
  hostLinks,
  interfaceOf,
  newHostLinks,
  plainPrefix,
  routesOf,
  tryDel,
} from "./attached.ts";

/** ADD that succeeds: what is in the container afterwards, and whether the result says so. */

const makesInterface = onlyFor("interface");
const namesInterfaces = unless(makesInterface, needsVersion("0.3.0"));

export const ADD: readonly PluginCheck[] = [
  ...inEachVersion({
    name: "add-answers-in-the-version-asked-for",
    rule: "R102",
    level: "MUST",
    tries: "calls ADD and looks at cniVersion of the result",
    profile: "quick",
    async run(scene) {
      const { result } = await scene.add();
      const came = result["cniVersion"];
      expect(came === scene.version, `cniVersion "${scene.version}" in the result`, came);
    },
  }),
  {
    name: "add-makes-the-interface",
    rule: "R38",
    level: "SHOULD",
    tries: "calls ADD and looks for CNI_IFNAME in the container, up",
    profile: "quick",
    unfit: makesInterface,
    async run(scene) {
      const { container } = await scene.add();
      const list = await links(scene.world, container.name);
      const link = list.find(({ name }) => name === container.ifName);
      const names = list.map(({ name }) => name);
      expect(link !== undefined, `a link ${container.ifName} in the container`, names);
      expect(link.isUp, `${container.ifName} is up`, "it is down");
    },
  },
  {
    name: "add-names-the-interface",
    rule: "R39",
    level: "MUST",
    tries: "calls ADD and compares the result's interface with the kernel's",
    profile: "quick",
    unfit: namesInterfaces,
    run: namesTheInterface,
  },
  {
    name: "add-says-which-addresses",
    rule: "R39",
    level: "MUST",
    tries: "calls ADD and compares the result's addresses with those of the interface",
    profile: "quick",
    unfit: makesInterface,
    run: saysWhichAddresses,
  },
  {
    name: "add-says-which-routes",
    rule: "R39",
    level: "MUST",
    tries: "calls ADD and looks for the result's routes in the container",
    profile: "full",
    unfit: makesInterface,
    run: saysWhichRoutes,
  },
  {
    name: "add-sets-the-default-route",
    rule: "R38",
    level: "SHOULD",
    tries: `calls ADD where IPAM gives a default route and the gateway ${STUB_GATEWAY}`,
    profile: "full",
    unfit: delegates,
    async run(scene) {
      const { container } = await scene.add();
      const list = await routes(scene.world, container.name);
      const found = list.some(({ dst, gateway }) => dst === "default" && gateway === STUB_GATEWAY);
      expect(found, `a default route by ${STUB_GATEWAY} in the container`, list);
    },
  },
  {
    name: "add-names-links-of-the-host",
    rule: "R39",
    level: "SHOULD",
    tries: "calls ADD and looks in the result for the links that it made on the host",
    profile: "full",
    unfit: namesInterfaces,
    run: namesLinksOfTheHost,
  },
  ...AGAIN(),
];

async function namesTheInterface(scene: PluginScene): Promise<void> {
  const added = await scene.add();
  const { entry } = interfaceOf(added);
  const list = await links(scene.world, added.container.name);
  const link = list.find(({ name }) => name === added.container.ifName);
  if (link === undefined || entry["mac"] === undefined || entry["mac"] === "") return;
  const said = word(entry["mac"]).toLowerCase();
  expect(said === link.mac, `the interface's MAC ${link.mac} in the result`, entry["mac"]);
}

async function saysWhichAddresses(scene: PluginScene): Promise<void> {
  const added = await scene.add();
  const { name, ifName } = added.container;
  const there = (await addresses(scene.world, name, ifName)).map(plainPrefix);
  const missing = addressesOn(added).filter((address) => !there.includes(address));
  expect(missing.length === 0, `${missing.join(", ")} on ${ifName}, as the result says`, there);
  const said = addressesOf(added.result).map(({ address }) => plainPrefix(address));
  const unsaid = there.filter((address) => !said.includes(address));
  const isLoopback = scene.subject.adjusts === true; // What was there before is not ADD's.
  expect(isLoopback || unsaid.length === 0, `${unsaid.join(", ")} in the result`, said);
}

async function saysWhichRoutes(scene: PluginScene): Promise<void> {
  const { container, result } = await scene.add();
  for (const family of ["-4", "-6"] as const) {
    const there = (await routes(scene.world, container.name, family)).map(({ dst }) =>
      plainPrefix(word(dst)),
    );
    const isOfFamily = (dst: string): boolean => dst.includes(":") === (family === "-6");
    const wanted = routesOf(result)
      .map(({ dst }) => word(dst))
      .filter(isOfFamily);
    const missing = wanted.filter((dst) => !there.includes(plainPrefix(dst)));
    expect(missing.length === 0, `routes to ${missing.join(", ")}, as the result says`, there);
  }
}

async function namesLinksOfTheHost(scene: PluginScene): Promise<void> {
  const container = await scene.container();
  const before = await hostLinks(scene);
  const { result } = await scene.add(container);
  const made = await newHostLinks(scene, before);
  const said = listOf(result, "interfaces")
    .filter(({ sandbox }) => sandbox === undefined || sandbox === "")
    .map(({ name }) => word(name));
  const unsaid = made.filter((name) => !said.includes(name));
  expect(unsaid.length === 0, `${unsaid.join(", ")}, made on the host, in the result`, said);
  const all = await hostLinks(scene);
  const unknown = said.filter((name) => !all.includes(name));
  expect(unknown.length === 0, `${unknown.join(", ")} on the host, as the result says`, all);
}

/** ADD where something was before. */
function AGAIN(): PluginCheck[] {
  return [
    {
      name: "add-after-del",
      rule: "R44",
      level: "SHOULD",
      tries: "calls ADD, DEL and ADD for the same attachment",
      profile: "quick",
      async run(scene) {
        const first = await scene.add();
        await scene.del(first);
        expectSuccess(await scene.call("ADD", { container: first.container }), "the second ADD");
      },
    },
    {
      name: "add-keeps-a-name-of-15-bytes",
      rule: "R31",
      level: "MUST",
      tries: "calls ADD with CNI_IFNAME of 15 bytes, the longest that Linux has",
      profile: "full",
      unfit: unless(makesInterface, ({ adjusts }) =>
        adjusts === true ? "its interface has its name already" : undefined,
      ),
      async run(scene) {
        const ifName = "cnf-15-bytes-00";
        const container = { ...(await scene.container()), ifName };
        const answer = await scene.call("ADD", { container });
        if (answer.exitCode !== 0) return;
        const names = (await links(scene.world, container.name)).map(({ name }) => name);
        expect(names.includes(ifName), `a link ${ifName}, or an error`, names);
        const added: Added = { container, result: isObject(answer.json) ? answer.json : {} };
        expectSuccess(await tryDel(scene, added), "DEL");
      },
    },
    {
      name: "add-of-a-second-interface",
      rule: "R77",
      level: "SHOULD",
      tries: "calls ADD twice for one container, with two interface names",
      profile: "full",
      unfit: unless(onlyFor("interface", "ipam"), ({ adjusts, wired }) =>
        adjusts === true || wired !== undefined ? "it has one interface only" : undefined,
      ),
      async run(scene) {
        const first = await scene.add();
        const second = await scene.add(await scene.secondInterface(first.container, "cnf1"));
        const [one, two] = [first, second].map(({ result }) => addressesOf(result)[0]?.address);
        expect(one !== two, "another address for the second interface", two);
      },
    },
  ];
}
