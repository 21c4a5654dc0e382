import { Prefix } from "../../../addr/index.ts";
import { expect, word } from "../answer.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { links, routes } from "../observe.ts";
import { interfaceOf, plainPrefix, routesOf } from "../operations/attached.ts";
import { listOf } from "../scene.ts";
import { inShape } from "../shape.ts";
import { addressesOf, prefixFamily } from "./result-shape.ts";

/** What a result has to tell so that the next plugin, and CHECK, can go by it. */

const withInterfaces = unless(delegates, needsVersion("0.3.0"));

export const TOLD: readonly PluginCheck[] = [
  ...["0.1.0", "0.2.0"].map((version): PluginCheck => {
    return {
      name: `result-has-slots@${version}`,
      rule: "R118",
      level: "MUST",
      tries: "calls ADD in a version that has ip4 and ip6, and looks for the keys of later ones",
      profile: "full",
      version,
      unfit: unless(
        ({ versions }) => (versions.includes(version) ? undefined : `not of ${version}`),
        onlyFor("interface", "ipam"),
      ),
      async run(scene) {
        const { result } = await scene.add();
        const later = ["ips", "interfaces", "routes"].filter((key) => key in result);
        expect(later.length === 0, "ip4 and ip6 in the place of ips, interfaces, routes", result);
      },
    };
  }),
  {
    name: "result-tells-the-mac",
    rule: "R39",
    level: "SHOULD",
    tries: "calls ADD and looks for the MAC of the interface in the result",
    profile: "full",
    unfit: withInterfaces,
    async run(scene) {
      const added = await scene.add();
      const { name, ifName } = added.container;
      const link = (await links(scene.world, name)).find((one) => one.name === ifName);
      const wanted = link?.mac ?? "";
      const { mac } = interfaceOf(added).entry;
      const isTold = wanted === "" || (typeof mac === "string" && mac.toLowerCase() === wanted);
      expect(isTold, `the MAC ${wanted} of ${ifName} in the result`, added.result);
    },
  },
  {
    name: "result-tells-whose-the-addresses-are",
    rule: "R39",
    level: "SHOULD",
    tries: "calls ADD and looks at the index of the interface that each address has in the result",
    profile: "full",
    unfit: withInterfaces,
    async run(scene) {
      const added = await scene.add();
      const { index } = interfaceOf(added);
      const ips = listOf(added.result, "ips");
      const strays = ips.filter((ip) => ip["interface"] !== index);
      const expected = `"interface": ${index}, which is ${scene.ifName}, at each address`;
      expect(ips.length > 0 && strays.length === 0, expected, added.result);
    },
  },
  {
    name: "result-tells-the-default-route",
    rule: "R39",
    level: "SHOULD",
    tries: "calls ADD where IPAM gives a default route, and looks for it in the result",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      const { container, result } = await scene.add();
      const there = await routes(scene.world, container.name);
      if (!there.some(({ dst }) => dst === "default")) return;
      const said = routesOf(result).map(({ dst }) => plainPrefix(word(dst)));
      expect(said.includes("default"), "the default route of the container in the result", result);
    },
  },
  {
    name: "result-tells-the-dns",
    rule: "R19",
    level: "SHOULD",
    tries:
      "calls ADD where configuration and IPAM give the same dns, and looks for it in the result",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      const dns = { nameservers: ["10.245.0.53"], domain: "conformance.test" };
      const given = inShape(scene.version, { ips: [{ address: "10.245.0.9/24" }] });
      scene.stub.answer(JSON.stringify({ ...given, dns }));
      const { result } = await scene.add(undefined, { config: { dns } });
      expect(Bun.deepEquals(result["dns"], dns), `"dns": ${JSON.stringify(dns)}`, result);
    },
  },
  {
    name: "ipam-gateway-is-of-the-subnet",
    rule: "R101",
    level: "SHOULD",
    tries: "calls ADD, and looks whether each gateway is in the subnet of its address, and another",
    profile: "full",
    unfit: unless(onlyFor("ipam"), needsVersion("0.3.0")),
    async run(scene) {
      const { result } = await scene.add();
      for (const { address, gateway } of listOf(result, "ips")) {
        if (typeof gateway !== "string" || typeof address !== "string") continue;
        if (prefixFamily(address) === 0) continue;
        const [own, length = ""] = address.split("/");
        const router = Prefix.parse(`${gateway}/${length}`);
        const isOne = Prefix.parse(address).network().toString() === router.network().toString();
        expect(isOne, `${gateway} in the subnet of ${address}`, result);
        expect(own !== gateway, "another address than the gateway's", result);
      }
      expect(addressesOf(result).length > 0, "an address", result);
    },
  },
];
