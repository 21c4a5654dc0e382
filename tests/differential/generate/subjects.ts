import fc from "fast-check";
import type { Feature } from "../../support/features.ts";
import { dns, fixed, hostLocal, ipam, type Keys, mac, maybe } from "./values.ts";

/** For each plugin, the lists that it stands in, and the values of the capabilities that it declares. */

export interface Network {
  readonly plugins: readonly Keys[];
  readonly capabilityArgs: Keys;
}

const boolean = fc.boolean();
const mtu = fc.constantFrom(0, 1280, 1400, 9000);
const MASQUERADE = maybe({
  ipMasq: boolean,
  ipMasqBackend: fc.constantFrom("iptables", "nftables"),
});

/** A plugin's own keys, its IPAM plugin and resolver settings. */
function attached(type: string, ...parts: fc.Arbitrary<Keys>[]): fc.Arbitrary<Keys> {
  const resolver = fc.option(dns).map((value): Keys => (value === null ? {} : { dns: value }));
  return fc.tuple(ipam, resolver, ...parts).map((all) => Object.assign({ type }, ...all) as Keys);
}

/** A MAC by the runtime's capability. */
const macCapability: fc.Arbitrary<readonly [plugin: Keys, given: Keys]> = fc
  .option(mac)
  .map((value) => {
    return value === null ? [{}, {}] : [{ capabilities: { mac: true } }, { mac: value }];
  });

function alone(
  plugin: fc.Arbitrary<Keys>,
  capability: fc.Arbitrary<readonly [Keys, Keys]> = fc.constant([{}, {}] as const),
): fc.Arbitrary<Network> {
  return fc.tuple(plugin, capability).map(([own, [declared, capabilityArgs]]) => {
    return { plugins: [{ ...own, ...declared }], capabilityArgs };
  });
}

const bridge = attached(
  "bridge",
  maybe({
    ...{ bridge: fc.constantFrom("br0", "cni0"), isGateway: boolean, isDefaultGateway: boolean },
    ...{
      forceAddress: boolean,
      mtu,
      hairpinMode: boolean,
      promiscMode: boolean,
      portIsolation: boolean,
    },
    ...{ macspoofchk: boolean, disableContainerInterface: boolean, enabledad: boolean },
  }),
  MASQUERADE,
);

const VLANS = maybe({
  ...{ vlan: fc.constantFrom(0, 7, 100), preserveDefaultVlan: boolean },
  vlanTrunk: fc.constantFrom([{ id: 7 }], [{ minID: 10, maxID: 12 }, { id: 100 }]),
});

const PLAIN_BRIDGE = { type: "bridge", bridge: "br0", isGateway: true };

/** Behind a bridge with addresses. */
function chained(
  plugin: fc.Arbitrary<Keys>,
  capability: fc.Arbitrary<readonly [Keys, Keys]> = fc.constant([{}, {}] as const),
): fc.Arbitrary<Network> {
  const first = fc.oneof(hostLocal, fixed).map((value) => ({ ...PLAIN_BRIDGE, ipam: value }));
  return fc.tuple(first, plugin, capability).map(([before, own, [declared, capabilityArgs]]) => {
    return { plugins: [before, { ...own, ...declared }], capabilityArgs };
  });
}

const sysctl = fc.dictionary(
  fc.constantFrom(
    ...["net.core.somaxconn", "net.ipv4.conf.IFNAME.arp_filter"],
    ...["net/ipv4/conf/IFNAME/arp_ignore", "net.ipv4.conf.eth0.rp_filter"],
  ),
  fc.constantFrom("1", "0"),
  { noNullPrototype: true, maxKeys: 3 },
);

const tuning = maybe({
  ...{ sysctl, mac, mtu: fc.constantFrom(0, 1280, 1300), promisc: boolean, allmulti: boolean },
  ...{ txQLen: fc.constantFrom(0, 10, 500) },
}).map((keys) => ({ type: "tuning", ...keys }));

const ingress = fc.constantFrom<Keys>(
  ...[{}, { ingressRate: 1_000_000, ingressBurst: 800_000 }, { ingressRate: 0, ingressBurst: 0 }],
  ...[{ ingressRate: 64_000_000, ingressBurst: 8_000_000 }, { ingressRate: 1_000_000 }],
);
const egress = fc.constantFrom<Keys>(
  ...[{}, { egressRate: 1_000_000, egressBurst: 800_000 }, { egressBurst: 800_000 }],
  { egressRate: 64_000_000, egressBurst: 8_000_000 },
);
const limits = fc.tuple(ingress, egress).map(([one, other]): Keys => ({ ...one, ...other }));
const bandwidth = limits.map((keys) => ({ type: "bandwidth", ...keys }));
const bandwidthCapability = fc.option(limits).map((value): readonly [Keys, Keys] => {
  return value === null ? [{}, {}] : [{ capabilities: { bandwidth: true } }, { bandwidth: value }];
});

const mapping = fc.record(
  {
    hostPort: fc.integer({ min: 8000, max: 8010 }),
    containerPort: fc.integer({ min: 80, max: 90 }),
    protocol: fc.constantFrom("tcp", "udp", "sctp"),
    hostIP: fc.constantFrom("", "127.0.0.1", "192.0.2.1", "0.0.0.0"),
  },
  { requiredKeys: ["hostPort", "containerPort", "protocol"], noNullPrototype: true },
);
const portmap = fc
  .tuple(
    fc.constantFrom("iptables", "nftables"),
    maybe({ snat: boolean, masqAll: boolean, markMasqBit: fc.constantFrom(13, 14) }),
  )
  .map(([backend, keys]) => ({ type: "portmap", backend, ...keys }));
const portCapability = fc
  .uniqueArray(mapping, { maxLength: 3, selector: ({ hostPort }) => hostPort })
  .map((portMappings): readonly [Keys, Keys] => [
    { capabilities: { portMappings: true } },
    portMappings.length === 0 ? {} : { portMappings },
  ]);

const firewall = maybe({
  ingressPolicy: fc.constantFrom("open", "same-bridge", "isolated"),
  iptablesAdminChainName: fc.constantFrom("CNI-ADMIN", "ADMIN"),
}).map((keys) => ({ type: "firewall", backend: "iptables", ...keys }));

const sbr = maybe({ table: fc.constantFrom(100, 77), addSourceHints: boolean }).map((keys) => {
  return { type: "sbr", ...keys };
});
const vrf = maybe({ table: fc.constantFrom(100, 77) }).map((keys) => {
  return { type: "vrf", vrfname: "blue", ...keys };
});

const master = fc.constantFrom<Keys>(
  { master: "uplink0" },
  { master: "uplink0" },
  {},
  { master: "" },
);
const ipsCapability = fc
  .option(fc.constantFrom(["10.9.0.11/24"], ["10.9.0.7/24"], ["fd00:9::9/64"], ["10.9.0.12"]))
  .map((ips): readonly [Keys, Keys] => {
    return ips === null ? [{}, {}] : [{ capabilities: { ips: true } }, { ips }];
  });

/** host-local with all of its keys. */
const wholeHostLocal = fc
  .tuple(
    hostLocal,
    maybe({ dataDir: fc.constant("/var/lib/cni/other"), resolvConf: fc.constant("/etc/hosts") }),
  )
  .map(([keys, more]) => ({ type: "host-local", ipam: { ...keys, ...more } }));

export const SUBJECTS: Readonly<Record<string, fc.Arbitrary<Network>>> = {
  bridge: alone(bridge, macCapability),
  "bridge with VLANs": alone(
    fc.tuple(bridge, VLANS).map(([own, vlans]): Keys => ({ ...own, ...vlans })),
    macCapability,
  ),
  ptp: alone(attached("ptp", maybe({ mtu }), MASQUERADE)),
  macvlan: alone(
    fc
      .tuple(
        attached(
          "macvlan",
          maybe({
            mode: fc.constantFrom("bridge", "private", "vepa", "passthru", ""),
            ...{ mtu: fc.constantFrom(0, 1280, 1400), mac, bcqueuelen: fc.constant(2000) },
          }),
        ),
        master,
      )
      .map(([own, keys]) => ({ ...own, ...keys })),
    macCapability,
  ),
  ipvlan: alone(
    fc
      .tuple(
        attached(
          "ipvlan",
          maybe({
            mode: fc.constantFrom("l2", "l3", "l3s", ""),
            mtu: fc.constantFrom(0, 1280, 1400),
          }),
        ),
        master,
      )
      .map(([own, keys]) => ({ ...own, ...keys })),
  ),
  vlan: alone(
    attached("vlan", maybe({ mtu: fc.constantFrom(0, 1280, 1400) })).map((own) => ({
      ...own,
      ...{ master: "uplink0", vlanId: 7 },
    })),
  ),
  dummy: alone(attached("dummy")),
  tap: alone(
    attached("tap", maybe({ mac, multiQueue: boolean, bridge: fc.constantFrom("br9") })),
    macCapability,
  ),
  "host-device": alone(
    fc
      .tuple(
        attached("host-device"),
        fc.constantFrom({ device: "dev5" }, { hwaddr: "02:00:00:00:05:05" }),
      )
      .map(([own, which]) => ({ ...own, ...which })),
  ),
  loopback: alone(fc.constant({ type: "loopback" })),
  tuning: chained(tuning, macCapability),
  bandwidth: chained(bandwidth, bandwidthCapability),
  portmap: chained(portmap, portCapability),
  firewall: chained(firewall),
  sbr: chained(sbr),
  vrf: chained(vrf),
  "host-local": alone(wholeHostLocal, ipsCapability),
  static: alone(
    fixed.map((keys) => ({ type: "static", ipam: keys })),
    ipsCapability,
  ),
  /** Networks of several plugins, run by a cnitool. */
  runtime: fc.oneof(
    chained(tuning, macCapability),
    chained(bandwidth, bandwidthCapability),
    chained(portmap, portCapability),
    alone(bridge, macCapability),
    alone(fc.constant({ type: "loopback" })),
  ),
  dhcp: alone(
    maybe({ daemonSocketPath: fc.constant("/run/cni/other.sock") }).map((keys) => {
      return { type: "dhcp", ipam: { type: "dhcp", ...keys } };
    }),
  ),
};

/** What the kernel has to have for a subject. */
export const NEEDS: Readonly<Record<string, Feature>> = {
  "bridge with VLANs": "kernel:bridge-vlan-filtering",
  macvlan: "kernel:macvlan",
  ipvlan: "kernel:ipvlan",
  vlan: "kernel:vlan",
  dummy: "kernel:dummy",
  vrf: "kernel:vrf",
};
