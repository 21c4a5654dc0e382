import fc from "fast-check";
import { has } from "../support/features.ts";
import type { Keys } from "./world.ts";

/** A node that has nothing wrong, as it is drawn. */
export interface HealthyNode {
  readonly network: Keys;
  /** How many containers are attached. */
  readonly containers: number;
  readonly hasPort: boolean;
  /** Rules of other programs, which harm no container. */
  readonly rules: readonly ForeignRules[];
  /** Whether containers may send to each other. */
  readonly isBridged: boolean;
}

/** A ruleset for `nft -f -`, or for iptables-restore where it begins with a star. */
export interface ForeignRules {
  readonly name: string;
  readonly text: string;
  /** Whether containers are let through only because the chain has the plugin firewall. */
  readonly needsFirewall?: true;
}

const HARMLESS: readonly ForeignRules[] = [
  { name: "none", text: "" },
  {
    name: "counting",
    text: `table inet accounting {
  set seen { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.0/24 } }
  chain f {
    type filter hook forward priority -10
    ip saddr @seen counter
    limit rate 5/second log prefix "forwarded "
    ct state vmap { established : accept, related : accept, invalid : drop }
    tcp flags syn / syn,rst counter
  }
}`,
  },
  {
    name: "closed input",
    text: `table inet strict {
  chain in {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname { "lo", "br1" } accept
    meta l4proto { icmp, ipv6-icmp } accept
    tcp dport { 22, 10250 } accept
    tcp dport 32768-60999 accept
  }
}`,
  },
  {
    name: "other subnets are refused",
    text: `table ip quarantine {
  chain f {
    type filter hook forward priority 5
    ip saddr 10.99.0.0/16 drop
    ip daddr != 10.0.0.0/8 ip saddr 10.98.0.0-10.98.0.255 reject
    meta l4proto udp udp dport { 137, 138 } drop
    iifname "docker*" oifname "br1" drop
  }
}`,
  },
  {
    name: "firewalld trusts containers",
    text: `table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority 10
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    jump policies
    ct state { invalid } drop
    reject with icmpx admin-prohibited
  }
  chain policies {
    ip saddr { 10.1.0.0/24 } goto trusted
    ip6 saddr { fd00:10:1::/64 } goto trusted
    iifname vmap { "uplink" : goto public }
  }
  chain trusted { accept; }
  chain public { meta l4proto { icmp, ipv6-icmp } accept; }
  chain mangle_PREROUTING {
    type filter hook prerouting priority -140
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }
}`,
  },
  {
    name: "a proxy for services",
    text: `table ip services {
  map ports { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.1 . tcp . 443 : goto first } }
  chain pre {
    type nat hook prerouting priority -90
    ip daddr . meta l4proto . th dport vmap @ports
  }
  chain post {
    type nat hook postrouting priority 90
    meta mark & 0x4000 == 0x4000 meta mark set meta mark xor 0x4000 masquerade fully-random
  }
  chain first { meta l4proto tcp dnat to 192.0.2.2:6443; }
}`,
  },
  {
    name: "iptables drops what no rule accepts",
    needsFirewall: true,
    text: `*filter
:FORWARD DROP [0:0]
:OTHERS - [0:0]
-A FORWARD -j OTHERS
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A OTHERS -i docker0 ! -o docker0 -j ACCEPT
-A OTHERS -m mark --mark 0x40000/0x40000 -j DROP
-A OTHERS -p tcp -m multiport --dports 23,25 -j REJECT
-A OTHERS -j RETURN
COMMIT
`,
  },
];

const isUsable = ({ text }: ForeignRules): boolean =>
  text === "" || has(text.startsWith("*") ? "iptables-restore" : "nft");

const backends: fc.Arbitrary<string | undefined> = fc.constantFrom(
  undefined,
  ...(has("iptables-restore") ? ["iptables"] : []),
  ...(has("nft") ? ["nftables"] : []),
);

/** Nodes of many kinds: plugins and their options, families, layouts, containers, foreign rules. */
export const healthyNode: fc.Arbitrary<HealthyNode> = fc
  .record({
    type: fc.constantFrom("bridge", "bridge", "bridge", "ptp"),
    families: fc.constantFrom<readonly number[]>([4], [6], [4, 6]),
    ipMasq: fc.boolean(),
    masqBackend: backends,
    mtu: fc.constantFrom(undefined, 1400, 1500),
    hairpin: fc.boolean(),
    isDefault: fc.boolean(),
    portmap: fc.option(backends, { nil: null }),
    firewall: fc.option(fc.constantFrom(undefined, "iptables"), { nil: null }),
    tuning: fc.boolean(),
    dns: fc.boolean(),
    containers: fc.integer({ min: 1, max: 3 }),
    rules: fc.constantFrom(...HARMLESS.filter(isUsable)),
    more: fc.constantFrom(...HARMLESS.filter(isUsable)),
  })
  .map((drawn) => {
    const { families, portmap, firewall, containers, rules, more, type } = drawn;
    // The Go plugin's layout accepts what containers send and its answers, and not what comes for a port.
    const refusesPorts = (firewall ?? "") === "iptables";
    const needsFirewall = rules.needsFirewall === true || more.needsFirewall === true;
    const backend = (name: string | undefined): Keys =>
      name === undefined ? {} : { backend: name };
    const usable = firewall === "iptables" && !has("iptables") ? undefined : firewall;
    const chained: Keys[] = [
      ...(portmap === null
        ? []
        : [{ type: "portmap", capabilities: { portMappings: true }, ...backend(portmap) }]),
      ...(needsFirewall || firewall !== null
        ? [{ type: "firewall", ...backend(usable ?? undefined) }]
        : []),
      ...(drawn.tuning ? [{ type: "tuning", sysctl: { "net.core.somaxconn": "512" } }] : []),
    ];
    return {
      network: networkOf(drawn, chained),
      containers: type === "ptp" ? 1 : containers,
      hasPort: portmap !== null && families.includes(4) && !(needsFirewall && refusesPorts),
      rules: [...new Set([rules, more])],
      isBridged: type === "bridge" && containers > 1,
    };
  });

interface Drawn {
  readonly type: string;
  readonly families: readonly number[];
  readonly ipMasq: boolean;
  readonly masqBackend: string | undefined;
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly isDefault: boolean;
  readonly dns: boolean;
}

function networkOf(drawn: Drawn, chained: readonly Keys[]): Keys {
  const { type, families, ipMasq, masqBackend, mtu, hairpin, isDefault, dns } = drawn;
  const subnets = families.map((family) => (family === 4 ? "10.1.0.0/24" : "fd00:10:1::/64"));
  const routes = families.map((family) => ({ dst: family === 4 ? "0.0.0.0/0" : "::/0" }));
  const own =
    type === "bridge"
      ? {
          bridge: "br1",
          hairpinMode: hairpin,
          ...(isDefault ? { isDefaultGateway: true } : { isGateway: true }),
        }
      : {};
  const first = {
    ...{ type, ipMasq, ...own },
    ...(mtu === undefined ? {} : { mtu }),
    ...(ipMasq && masqBackend !== undefined ? { ipMasqBackend: masqBackend } : {}),
    ...(dns ? { dns: { nameservers: [families.includes(4) ? "192.0.2.2" : "2001:db8::2"] } } : {}),
    ipam: {
      type: "host-local",
      ranges: subnets.map((subnet) => [{ subnet }]),
      ...(isDefault && type === "bridge" ? {} : { routes }),
    },
  };
  return { cniVersion: "1.1.0", name: "net1", plugins: [first, ...chained] };
}
