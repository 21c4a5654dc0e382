import { Finding } from "../../check.ts";
import type { JsonObject } from "../../subject/index.ts";
import { brief, expect } from "../answer.ts";
import { inEachVersion, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { type Link, links } from "../observe.ts";
import { listOf, type PluginScene } from "../scene.ts";
import { addressesOf, faultsOf } from "./result-shape.ts";

/** Results of ADD: their shape in each version, and whether they tell what is there. */

function expectShape(version: string, result: JsonObject): void {
  const faults = faultsOf(version, result);
  if (faults.length === 0) return;
  throw new Finding({
    expected: `a result in the shape of ${version}`,
    came: brief(faults.join("; ")),
  });
}

const withInterfaces = unless(needsVersion("0.3.0"), onlyFor("interface"));

interface Told {
  readonly told: JsonObject;
  /** The link of that name where the result says it is. */
  readonly link: Link | undefined;
}

/** The interfaces of a result, each with the kernel's link. */
async function toldLinks(scene: PluginScene): Promise<readonly Told[]> {
  const { container, result } = await scene.add();
  const inside = await links(scene.world, container.name);
  const outside = await links(scene.world);
  return listOf(result, "interfaces").map((told) => {
    const { name, sandbox } = told;
    const isInside = sandbox !== undefined && sandbox !== "";
    return { told, link: (isInside ? inside : outside).find((link) => link.name === name) };
  });
}

export const RESULTS: readonly PluginCheck[] = [
  {
    name: "result-has-its-shape",
    rule: "R118",
    level: "MUST",
    tries: "calls ADD in the highest version and looks at each key of the result",
    profile: "quick",
    async run(scene) {
      expectShape(scene.version, (await scene.add()).result);
    },
  },
  ...inEachVersion({
    name: "result-has-the-shape-of",
    rule: "R118",
    level: "MUST",
    tries: "calls ADD in this version and looks at each key of the result",
    profile: "full",
    async run(scene) {
      expectShape(scene.version, (await scene.add()).result);
    },
  }),
  ...inEachVersion({
    name: "result-has-addresses",
    rule: "R39",
    level: "MUST",
    tries: "calls ADD in this version and looks for the address of the IPAM plugin",
    profile: "full",
    unfit: (subject) =>
      subject.kind === "interface" && subject.ipam === null
        ? "it takes no IPAM plugin"
        : onlyFor("interface", "ipam")(subject),
    async run(scene) {
      const { result } = await scene.add();
      expect(addressesOf(result).length > 0, "an address in the result", result);
    },
  }),
  {
    name: "result-has-no-family-key",
    rule: "R118",
    level: "SHOULD",
    tries: "calls ADD and looks for the key version of ips, which 1.0.0 has taken away",
    profile: "full",
    unfit: needsVersion("1.0.0"),
    async run(scene) {
      const { result } = await scene.add();
      const old = listOf(result, "ips").filter((each) => "version" in each);
      expect(old.length === 0, 'no "version" in ips', old);
    },
  },
  {
    name: "result-tells-what-is-there",
    rule: "R39",
    level: "MUST",
    tries: "calls ADD and looks for each interface of the result where the result says it is",
    profile: "quick",
    unfit: withInterfaces,
    async run(scene) {
      for (const { told, link } of await toldLinks(scene)) {
        expect(link !== undefined, `a link for each interface of the result`, told);
        const { mac, mtu } = told;
        if (typeof mac === "string" && mac !== "") {
          expect(mac.toLowerCase() === link.mac, `${link.name} with its MAC ${link.mac}`, told);
        }
        if (typeof mtu === "number" && mtu !== 0) {
          expect(mtu === link.mtu, `${link.name} with its MTU ${link.mtu}`, told);
        }
      }
    },
  },
  {
    name: "result-spells-macs-as-the-kernel",
    rule: "R118",
    level: "SHOULD",
    tries: "calls ADD and compares each MAC of the result with the kernel's, letter by letter",
    profile: "full",
    unfit: withInterfaces,
    async run(scene) {
      for (const { told, link } of await toldLinks(scene)) {
        const { mac } = told;
        if (link === undefined || typeof mac !== "string" || mac === "") continue;
        expect(mac === link.mac, `the MAC ${link.mac}`, told);
      }
    },
  },
  {
    name: "result-tells-the-mtu",
    rule: "R118",
    level: "SHOULD",
    tries: "calls ADD in 1.1.0 and looks for the MTU of CNI_IFNAME",
    profile: "full",
    unfit: unless(needsVersion("1.1.0"), onlyFor("interface"), ({ adjusts = false }) =>
      adjusts ? "it makes no interface" : undefined,
    ),
    async run(scene) {
      const mine = (await toldLinks(scene)).find(({ told }) => told["name"] === scene.ifName);
      const { mtu } = mine?.told ?? {};
      expect(mtu === mine?.link?.mtu, `the MTU ${mine?.link?.mtu ?? "of the link"}`, mine?.told);
    },
  },
];
