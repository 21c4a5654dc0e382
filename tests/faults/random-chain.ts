import fc from "fast-check";
import type { JsonObject } from "./stage.ts";

/** Random networks out of bridge, tuning, portmap and bandwidth, each with random keys. */

/** A network, and what an attachment to it asks for. */
export interface RandomChain {
  readonly plugins: readonly JsonObject[];
  readonly capabilityArgs: JsonObject;
}

const SUBNETS4 = ["10.9.0.0/24", "10.77.0.0/16", "192.168.250.0/29"] as const;
const SUBNETS6 = ["fd00:9::/64", "fd00:77:1::/112"] as const;

const rangeSets: fc.Arbitrary<JsonObject[][]> = fc
  .record({
    four: fc.constantFrom(...SUBNETS4),
    six: fc.constantFrom(...SUBNETS6),
    families: fc.constantFrom("4", "6", "46", "64"),
  })
  .map(({ four, six, families }) =>
    families.split("").map((family) => [{ subnet: family === "4" ? four : six }]),
  );

const flags = fc.record({
  isGateway: fc.boolean(),
  isDefaultGateway: fc.boolean(),
  ipMasq: fc.boolean(),
  forceAddress: fc.boolean(),
  macspoofchk: fc.boolean(),
  portIsolation: fc.boolean(),
  mtu: fc.constantFrom(0, 1280, 1400, 9000),
});

const mode = fc.constantFrom({}, { hairpinMode: true }, { promiscMode: true });

const bridge: fc.Arbitrary<JsonObject> = fc
  .record({ flags, mode, ranges: rangeSets, hasRoutes: fc.boolean() })
  .map(({ flags: own, mode: kind, ranges, hasRoutes }) => {
    const isSix = JSON.stringify(ranges).includes("fd00");
    const isFour = /"(?:10|192)\./.test(JSON.stringify(ranges));
    const all = [isFour && { dst: "0.0.0.0/0" }, isSix && { dst: "::/0" }];
    const routes = hasRoutes ? all.filter((route) => route !== false) : [];
    // A router for containers must be able to reach them at its own addresses.
    return {
      type: "bridge",
      bridge: "br0",
      ...own,
      ...kind,
      ipam: { type: "host-local", ranges, routes },
    };
  });

const mac = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }))
  .map(
    (bytes) => `02:00:00:00:${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`,
  );

const tuning: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      sysctl: fc.dictionary(
        fc.constantFrom(
          "net.core.somaxconn",
          "net.ipv4.ip_default_ttl",
          "net.ipv4.conf.IFNAME.arp_filter",
          "net/ipv4/conf/IFNAME/arp_ignore",
        ),
        fc.constantFrom("1", "2", "64"),
        { noNullPrototype: true },
      ),
      mac,
      mtu: fc.constantFrom(0, 1280, 1300),
      promisc: fc.boolean(),
      allmulti: fc.boolean(),
      txQLen: fc.constantFrom(10, 500),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((keys) => ({ ...keys, sysctl: fixed(keys.sysctl), type: "tuning" }));

/** arp_filter is a switch; the others take all of the values. */
function fixed(sysctl: Record<string, string> | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(sysctl ?? {}).map(([key, value]) => [key, /arp/.test(key) ? "1" : value]),
  );
}

const portmap: fc.Arbitrary<JsonObject> = fc
  .record({ snat: fc.boolean(), masqAll: fc.boolean() })
  .map((keys) => ({ type: "portmap", capabilities: { portMappings: true }, ...keys }));

/** Both directions, one of them, those of the runtime, or none. */
const bandwidth: fc.Arbitrary<JsonObject> = fc
  .record({
    ingress: fc.option(fc.integer({ min: 1, max: 100 })),
    egress: fc.option(fc.integer({ min: 1, max: 100 })),
  })
  .map(({ ingress, egress }) => ({
    ...{ type: "bandwidth", capabilities: { bandwidth: true } },
    ...(ingress === null ? {} : { ingressRate: ingress * 1_000_000, ingressBurst: 800_000 }),
    ...(egress === null ? {} : { egressRate: egress * 1_000_000, egressBurst: 800_000 }),
  }));

const mapping = fc.record({
  hostPort: fc.integer({ min: 1024, max: 65_535 }),
  containerPort: fc.integer({ min: 1, max: 65_535 }),
  protocol: fc.constantFrom("tcp", "udp", "sctp"),
  hostIP: fc.constantFrom("", "127.0.0.1", "0.0.0.0"),
});

/** An address of the host that a container without IPv4 cannot be reached at is refused. */
function reachable(one: JsonObject, network: JsonObject): JsonObject {
  const hasFour = SUBNETS4.some((subnet) => JSON.stringify(network).includes(subnet));
  return one["hostIP"] === "127.0.0.1" && !hasFour ? { ...one, hostIP: "" } : one;
}

/** A bridge, then tuning, portmap and bandwidth in any order, or without them. */
export const randomChain: fc.Arbitrary<RandomChain> = fc
  .record({
    bridge,
    others: fc.shuffledSubarray(["tuning", "portmap", "bandwidth"] as const),
    tuning,
    portmap,
    bandwidth,
    portMappings: fc.uniqueArray(mapping, {
      minLength: 1,
      maxLength: 4,
      selector: (one) => one.hostPort,
    }),
  })
  .map(({ others, portMappings, ...parts }) => ({
    plugins: [parts.bridge, ...others.map((type) => parts[type])],
    capabilityArgs: {
      portMappings: portMappings.map((one) => reachable(one, parts.bridge)),
      bandwidth: { egressRate: 9_000_000, egressBurst: 800_000 },
    },
  }));
