import { Finding } from "../../check.ts";
import type { Json, JsonObject } from "../../subject/index.ts";
import { brief, expect, expectResult, isObject } from "../answer.ts";
import { inEachVersion, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addresses } from "../observe.ts";
import { listOf, type PluginScene } from "../scene.ts";
import { changesNothing, expectRefusal } from "./judge.ts";
import { addressesOf } from "./result-shape.ts";

/** prevResult: what came in comes out again. */

const DNS = {
  nameservers: ["10.246.1.53"],
  domain: "conformance.test",
  search: ["a.test", "b.test"],
  options: ["ndots:5"],
};

const UNKNOWN = "conformanceUnknown";

async function through(
  scene: PluginScene,
  more: (prevResult: JsonObject) => JsonObject,
): Promise<{ readonly sent: JsonObject; readonly came: JsonObject }> {
  const container = await scene.container();
  const sent = more(container.prevResult ?? {});
  const answer = await scene.call("ADD", { container, config: { prevResult: sent } });
  return { sent, came: expectResult(answer) };
}

/** The things of a result, each as a line: what a plugin may change of them is left out. */
function thingsOf(result: JsonObject): string[] {
  const interfaces = listOf(result, "interfaces");
  const ofLink = (index: Json | undefined): string => {
    const link = typeof index === "number" ? interfaces[index] : undefined;
    return link === undefined ? "" : ` on ${brief(link["name"])}`;
  };
  return [
    ...interfaces.map(({ name, sandbox = "" }) => `interface ${brief(name)} ${brief(sandbox)}`),
    ...listOf(result, "ips").map(({ address, gateway = "", interface: link }) => {
      return `address ${brief(address)} by ${brief(gateway)}${ofLink(link)}`;
    }),
    ...listOf(result, "routes").map(({ dst, gw = "" }) => `route ${brief(dst)} by ${brief(gw)}`),
  ];
}

function expectKept(sent: JsonObject, came: JsonObject): void {
  const there = thingsOf(came);
  const lost = thingsOf(sent).filter((thing) => !there.includes(thing));
  if (lost.length === 0) return;
  const expected = "all of prevResult in the result";
  throw new Finding({ expected, came: `${brief(came)}, without ${lost.join(", ")}` });
}

export const PREV_RESULT: readonly PluginCheck[] = [
  ...inEachVersion(
    {
      name: "prev-result-passes-through",
      rule: "R105",
      level: "MUST",
      tries: "calls ADD in this version with prevResult and looks for all of it in the result",
      profile: "full",
      unfit: onlyFor("chained"),
      async run(scene) {
        const { sent, came } = await through(scene, (prevResult) => ({ ...prevResult, dns: DNS }));
        expectKept(sent, came);
        const dns: JsonObject = isObject(came["dns"]) ? came["dns"] : {};
        for (const [key, value] of Object.entries(DNS)) {
          const isSame = JSON.stringify(dns[key]) === JSON.stringify(value);
          expect(isSame, `dns.${key} of prevResult in the result`, came);
        }
      },
    },
    "0.3.0",
  ),
  {
    name: "prev-result-gains-what-is-there",
    rule: "R105",
    level: "SHOULD",
    tries: "calls ADD with prevResult and looks in the container for each address that came to it",
    profile: "full",
    unfit: onlyFor("chained"),
    async run(scene) {
      const container = await scene.container();
      const sent = addressesOf(container.prevResult ?? {});
      const { result } = await scene.add(container);
      const there = await addresses(scene.world, container.name, container.ifName);
      const gained = addressesOf(result).filter((each) => !sent.includes(each));
      const untrue = gained.filter((each) => !there.includes(each));
      expect(untrue.length === 0, "addresses of prevResult, or such as the container has", untrue);
    },
  },
  {
    name: "prev-result-keeps-unknown-keys",
    rule: "R117",
    level: "SHOULD",
    tries: "calls ADD with a prevResult that has keys of no version",
    profile: "full",
    unfit: unless(onlyFor("chained"), needsVersion("0.3.0")),
    async run(scene) {
      const { came } = await through(scene, (prevResult) => {
        const ips = listOf(prevResult, "ips").map((each) => ({ ...each, [UNKNOWN]: "an address" }));
        return { ...prevResult, ips, [UNKNOWN]: { of: "result" } };
      });
      const isKept = JSON.stringify(came[UNKNOWN]) === '{"of":"result"}';
      expect(isKept, `the key ${UNKNOWN} of prevResult in the result`, came);
      const ips = listOf(came, "ips");
      const ofIps = ips.length > 0 && ips.every((each) => each[UNKNOWN] === "an address");
      expect(ofIps, `the key ${UNKNOWN} of each address in the result`, came);
    },
  },
  {
    name: "prev-result-that-is-none",
    rule: "R40",
    level: "SHOULD",
    tries: "calls ADD with a prevResult that is a number, a text, a list, and of wrong keys",
    profile: "full",
    unfit: unless(onlyFor("chained"), needsVersion("0.3.0")),
    async run(scene) {
      const container = await scene.container();
      const { version: cniVersion } = scene;
      const bad: Json[] = [
        1,
        "result",
        [],
        { cniVersion, ips: 5 },
        { cniVersion, interfaces: "a" },
      ];
      bad.push({ cniVersion, ips: [{ address: "banana" }] }, { cniVersion: "9.9.9" });
      await changesNothing(scene, [container], "ADD with such a prevResult", async () => {
        for (const prevResult of bad) {
          const answer = await scene.call("ADD", { container, config: { prevResult } });
          expectRefusal(answer, `ADD with the prevResult ${brief(prevResult)}`);
        }
      });
    },
  },
];
