import { kindContract } from "../../../tests/support/kind-contract.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import { address, route } from "../../kernel/route/index.ts";
import { emptyResult, type Result } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { vethPair } from "../veth/index.ts";
import { configuredInterface } from "./index.ts";

function resultOf(number: number): Result {
  return {
    ...emptyResult("1.1.0"),
    interfaces: [{ name: "eth0", sandbox: "/run/netns/one" }],
    ips: [
      { address: `10.1.0.1${number}/24`, gateway: "10.1.0.1", interface: 0 },
      { address: `fd00:1::1${number}/64`, gateway: "fd00:1::1", interface: 0 },
    ],
    routes: [
      { dst: "0.0.0.0/0", mtu: 1300 },
      { dst: "fd00:7::/64", gw: "fd00:1::7" },
    ],
  };
}

function eth0({ containerLinks }: Namespaces): number {
  return containerLinks.get({ name: "eth0" })?.index ?? 0;
}

for (const pointToPoint of [false, true]) {
  kindContract({
    kinds: [vethPair, configuredInterface],
    want(scene, number) {
      const pair = vethPair.want(scene, { mtu: 0, hostSettings: () => ({ up: true }) });
      const result = (): Result => resultOf(number);
      const wanted = { result, detectDuplicates: false, pointToPoint };
      return [pair, configuredInterface.want(scene, wanted)];
    },
    sabotages: {
      "an interface that is down": {
        does: (namespaces) => namespaces.containerLinks.set(eth0(namespaces), { up: false }),
        says: "interface eth0 is down",
      },
      "an address that is gone": {
        does: (namespaces) =>
          address.delete(namespaces.container, {
            index: eth0(namespaces),
            prefix: Prefix.parse("10.1.0.11/24"),
          }),
        says: "address 10.1.0.11/24 is missing on eth0",
      },
      "a route that is gone": {
        does: (namespaces) =>
          route.delete(namespaces.container, {
            index: eth0(namespaces),
            dst: Prefix.parse("fd00:7::/64"),
          }),
        says: "route to fd00:7::/64 via fd00:1::7 is missing in the container",
      },
      "a route with another MTU": {
        does: (namespaces) =>
          route.replace(namespaces.container, {
            index: eth0(namespaces),
            dst: Prefix.parse("0.0.0.0/0"),
            gateway: Ip.parse("10.1.0.1"),
            mtu: 1200,
          }),
        says: "route to 0.0.0.0/0 has MTU 1200, not 1300",
      },
    },
  });
}
