import { Ip, Prefix } from "../../../addr/index.ts";
import {
  addressInSet,
  type Batch,
  CtStatus,
  compose,
  concat,
  ctStatus,
  dnatToMap,
  fibLocal,
  type KeyPart,
  masquerade,
  portValue,
  prefixMatch,
  protoValue,
  verdict,
} from "../index.ts";

const family = "inet";
const masq = { family, table: "hawser_masquerade" } as const;
const ports = { family, table: "hawser_ports" } as const;
const nat = { type: "nat", policy: "accept" } as const;

/** Builds what `layout.nft` says. */
export function buildLayout(batch: Batch): void {
  buildMasquerade(batch);
  buildMaps(batch);
  buildPortChains(batch);
}

function buildMasquerade(batch: Batch): void {
  const set4 = { ...masq, name: "net-10.1.0.0/16" };
  const set6 = { ...masq, name: "net-fd00__/64" };
  const chain = "postrouting";
  const v4 = Prefix.parse("10.1.0.0/16");
  const v6 = Prefix.parse("fd00::/64");
  const multicast = [Prefix.parse("224.0.0.0/4"), Prefix.parse("ff00::/8")];
  const negate = { negate: true };
  batch.addTable({ family, name: masq.table, comment: "masquerading" });
  batch.addChain({ ...masq, name: chain, hook: { ...nat, hook: "postrouting", priority: 100 } });
  batch.addSet({ ...set4, key: ["ipv4_addr"], comment: "net 10.1.0.0/16" });
  batch.addElements(set4, [
    { key: Ip.parse("10.1.0.5").bytes, comment: "net c1 eth0" },
    { key: Ip.parse("10.1.0.6").bytes, comment: "net c2 eth0" },
  ]);
  batch.addSet({ ...set6, key: ["ipv6_addr"] });
  batch.addElements(set6, [{ key: Ip.parse("fd00::5").bytes, comment: "net c1 eth0" }]);
  for (const prefix of multicast) {
    const expressions = compose(prefixMatch(family, prefix, "daddr"), verdict("return"));
    batch.addRule({ ...masq, chain, expressions });
  }
  batch.addRule({
    ...masq,
    chain,
    comment: "net 10.1.0.0/16",
    expressions: compose(
      addressInSet(family, 4, "saddr", set4.name),
      prefixMatch(family, v4, "daddr", negate),
      masquerade(),
    ),
  });
  batch.addRule({
    ...masq,
    chain,
    comment: "net fd00::/64",
    expressions: compose(
      addressInSet(family, 6, "saddr", set6.name),
      prefixMatch(family, v6, "daddr", negate),
      masquerade(),
    ),
  });
}

function buildMaps(batch: Batch): void {
  const comment = "net c1 eth0";
  const v4 = Ip.parse("10.1.0.5").bytes;
  const v6 = Ip.parse("fd00::5").bytes;
  const addr4 = ["ipv4_addr", "inet_service"] as const;
  const addr6 = ["ipv6_addr", "inet_service"] as const;
  const maps = {
    hostports4: { ...ports, name: "hostports4" },
    hostips4: { ...ports, name: "hostips4" },
    hostports6: { ...ports, name: "hostports6" },
    hostips6: { ...ports, name: "hostips6" },
    mapped4: { ...ports, name: "mapped-10.1.0.0/16" },
    mapped6: { ...ports, name: "mapped-fd00__/64" },
  };
  batch.addTable({ family, name: ports.table });
  batch.addSet({ ...maps.hostports4, key: ["inet_proto", "inet_service"], data: addr4 });
  batch.addSet({ ...maps.hostips4, key: ["ipv4_addr", "inet_proto", "inet_service"], data: addr4 });
  batch.addSet({ ...maps.hostports6, key: ["inet_proto", "inet_service"], data: addr6 });
  batch.addSet({ ...maps.hostips6, key: ["ipv6_addr", "inet_proto", "inet_service"], data: addr6 });
  batch.addSet({ ...maps.mapped4, key: ["ipv4_addr"] });
  batch.addSet({ ...maps.mapped6, key: ["ipv6_addr"] });
  batch.addElements(maps.hostports4, [
    {
      key: concat(protoValue("tcp"), portValue(8080)),
      data: concat(v4, portValue(80)),
      comment,
    },
  ]);
  batch.addElements(maps.hostips4, [
    {
      key: concat(Ip.parse("192.0.2.1").bytes, protoValue("udp"), portValue(53)),
      data: concat(v4, portValue(53)),
      comment,
    },
  ]);
  batch.addElements(maps.hostports6, [
    {
      key: concat(protoValue("sctp"), portValue(90)),
      data: concat(v6, portValue(91)),
      comment,
    },
  ]);
  batch.addElements(maps.hostips6, [
    {
      key: concat(Ip.parse("2001:db8::1").bytes, protoValue("tcp"), portValue(8080)),
      data: concat(v6, portValue(80)),
    },
  ]);
  batch.addElements(maps.mapped4, [{ key: v4, comment }]);
}

function buildPortChains(batch: Batch): void {
  const chain = (name: "prerouting" | "output" | "postrouting", comment?: string) => {
    const priority = name === "postrouting" ? 100 : -100;
    const spec = { ...ports, name, hook: { ...nat, hook: name, priority } };
    batch.addChain(comment === undefined ? spec : { ...spec, comment });
  };
  chain("prerouting", "what comes from outside");
  chain("output");
  chain("postrouting");
  for (const [name, version] of [
    ["prerouting", 4],
    ["prerouting", 6],
    ["output", 4],
  ] as const) {
    const key: KeyPart[] = ["meta l4proto", "th dport"];
    const destination: KeyPart = version === 4 ? "ip daddr" : "ip6 daddr";
    for (const [parts, map] of [
      [[destination, ...key], `hostips${version}`],
      [key, `hostports${version}`],
    ] as const) {
      const expressions = compose(fibLocal("daddr"), dnatToMap(family, version, parts, map));
      batch.addRule({ ...ports, chain: name, expressions });
    }
  }
  for (const [version, set, source] of [
    [4, "mapped-10.1.0.0/16", "10.1.0.0/16"],
    [4, "mapped-10.1.0.0/16", "127.0.0.0/8"],
    [6, "mapped-fd00__/64", "fd00::/64"],
  ] as const) {
    const expressions = compose(
      ctStatus(CtStatus.DNAT),
      addressInSet(family, version, "daddr", set),
      prefixMatch(family, Prefix.parse(source), "saddr"),
      masquerade(),
    );
    batch.addRule({ ...ports, chain: "postrouting", expressions });
  }
}
