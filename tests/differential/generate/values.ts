import fc from "fast-check";
import type { PluginObject } from "../../support/chain.ts";

/** Pieces of configurations that several plugins take. */

export type Keys = PluginObject;

/** The same, or nothing at all. */
export function maybe(keys: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Keys> {
  return fc.record(keys, { requiredKeys: [], noNullPrototype: true });
}

export const version: fc.Arbitrary<string> = fc.constantFrom(
  ...["1.0.0", "1.1.0", "0.4.0", "1.0.0", "1.1.0", "0.3.1", "0.3.0", "0.2.0", "0.1.0"],
);

const SUBNET_4 = { subnet: "10.9.0.0/24" };
const range: fc.Arbitrary<Keys> = fc.constantFrom<Keys>(
  ...[SUBNET_4, { subnet: "fd00:9::/64" }, { subnet: "10.77.0.0/16", rangeStart: "10.77.3.4" }],
  { ...SUBNET_4, rangeStart: "10.9.0.10", rangeEnd: "10.9.0.12" },
  { ...SUBNET_4, gateway: "10.9.0.254" },
  ...[{ subnet: "10.8.0.0/30" }, { subnet: "fd00:8::/120", rangeStart: "fd00:8::10" }],
);

const routes: fc.Arbitrary<readonly Keys[]> = fc.uniqueArray(
  fc.constantFrom<Keys>(
    { dst: "0.0.0.0/0" },
    { dst: "192.168.7.0/24" },
    { dst: "192.168.8.0/24", priority: 50 },
    { dst: "192.168.9.0/24", mtu: 1300, advmss: 1200 },
    { dst: "10.200.0.0/16", table: 77 },
    { dst: "172.30.0.0/16", scope: 253 },
  ),
  { maxLength: 2, selector: (route) => route["dst"] },
);

export const hostLocal: fc.Arbitrary<Keys> = fc
  .record({
    ranges: fc.uniqueArray(range, { minLength: 1, maxLength: 2, selector: ({ subnet }) => subnet }),
    routes: fc.option(routes),
    isOld: fc.boolean(),
  })
  .map(({ ranges, routes: ways, isOld }) => {
    const [first = {}] = ranges;
    const isFlat = isOld && ranges.length === 1;
    return {
      type: "host-local",
      ...(isFlat ? first : { ranges: ranges.map((each) => [each]) }),
      ...(ways === null ? {} : { routes: ways }),
    };
  });

const address: fc.Arbitrary<Keys> = fc.constantFrom<Keys>(
  ...[{ address: "10.9.0.7/24" }, { address: "10.9.0.8/24", gateway: "10.9.0.1" }],
  ...[{ address: "fd00:9::7/64" }, { address: "fd00:9::8/64", gateway: "fd00:9::1" }],
  { address: "10.77.1.7/16", gateway: "10.77.0.1" },
);

export const dns: fc.Arbitrary<Keys> = maybe({
  nameservers: fc.constantFrom(["10.9.0.1"], ["10.9.0.1", "fd00:9::1"], []),
  domain: fc.constantFrom("cluster.local", ""),
  search: fc.constant(["a.example", "b.example"]),
  options: fc.constant(["ndots:5"]),
});

export const fixed: fc.Arbitrary<Keys> = fc
  .record(
    {
      addresses: fc.uniqueArray(address, {
        minLength: 1,
        maxLength: 2,
        selector: (a) => a["address"],
      }),
      routes,
      dns,
    },
    { requiredKeys: ["addresses"], noNullPrototype: true },
  )
  .map((keys) => ({ type: "static", ...keys }));

/** An IPAM plugin, or none in one of the ways that is written. */
export const ipam: fc.Arbitrary<Keys> = fc.oneof(
  { weight: 6, arbitrary: hostLocal.map((value) => ({ ipam: value })) },
  { weight: 3, arbitrary: fixed.map((value) => ({ ipam: value })) },
  { weight: 1, arbitrary: fc.constantFrom<Keys>({}, { ipam: {} }) },
);

export const mac: fc.Arbitrary<string> = fc.constantFrom("02:00:00:00:00:07", "c2:11:22:33:44:55");

/** CNI_ARGS as runtimes send them. */
export const args: fc.Arbitrary<string> = fc.oneof(
  { weight: 9, arbitrary: fc.constant("") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...["IgnoreUnknown=1;K8S_POD_NAMESPACE=a;K8S_POD_NAME=b", "IP=10.9.0.11", "K8S_POD_NAME=b"],
      ...["IgnoreUnknown=1;MAC=c2:11:22:33:44:66", "IP=10.9.0.7/24;GATEWAY=10.9.0.1"],
    ),
  },
);
