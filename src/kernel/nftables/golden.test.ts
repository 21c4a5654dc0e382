import { describe, expect, test } from "bun:test";
import { Ip, Mac, Prefix } from "../../addr/index.ts";
import { decodeChain, encodeChain } from "./chain.ts";
import { decodeElements, encodeElements } from "./element.ts";
import { parseNf } from "./header.ts";
import {
  addressInSet,
  addressMatch,
  Batch,
  CtState,
  CtStatus,
  compose,
  concat,
  counter,
  ctMark,
  ctOriginalPort,
  ctState,
  ctStatus,
  dnatTo,
  type Expression,
  etherMatch,
  fibLocal,
  goto,
  ifnameValue,
  interfaceMatch,
  jump,
  loadKey,
  lookup,
  MetaKey,
  markMatch,
  markValue,
  masquerade,
  metaEquals,
  NatFlag,
  portMatch,
  portValue,
  prefixMatch,
  protocolGuard,
  protoValue,
  setCtMark,
  setMark,
  snatTo,
  verdict,
} from "./index.ts";
import { decodeRule, encodeRule } from "./rule.ts";
import { decodeSet, encodeSet } from "./set.ts";
import { decodeTable, encodeTable } from "./table.ts";
import { asMessage, golden, goldens } from "./testdata/golden.ts";

const t = { family: "inet", table: "t" } as const;
const c = { ...t, chain: "c" };
const s = { ...t, name: "s" };
const m = { ...t, name: "m" };
const ip = (text: string) => Ip.parse(text).bytes;

/** Messages of a batch in the recorded form. */
function sent(build: (batch: Batch) => unknown) {
  const batch = new Batch();
  build(batch);
  return batch.commands.map(({ type, flags, payload }) => [type & 0xff, flags, payload.toHex()]);
}

describe("a command is encoded byte for byte as nft encodes it", () => {
  const key2 = ["inet_proto", "inet_service"] as const;
  const addr = ["ipv4_addr", "inet_service"] as const;
  const cases: Record<string, (batch: Batch) => unknown> = {
    "create table inet t2": (b) => b.addTable({ family: "inet", name: "t2" }, { exclusive: true }),
    'add table ip cni_hostport { comment "CNI portmap plugin"; }': (b) =>
      b.addTable({ family: "ip", name: "cni_hostport", comment: "CNI portmap plugin" }),
    "delete table inet t": (b) => b.delTable({ family: "inet", name: "t" }),
    "create chain inet t c2": (b) => b.addChain({ ...t, name: "c2" }, { exclusive: true }),
    "add chain inet t f { type filter hook forward priority filter; policy drop; }": (b) =>
      b.addChain({
        ...t,
        name: "f",
        hook: { type: "filter", hook: "forward", priority: 0, policy: "drop" },
      }),
    "delete chain inet t e": (b) => b.delChain({ ...t, name: "e" }),
    "flush chain inet t c": (b) => b.flushChain({ ...t, name: "c" }),
    "delete rule inet t c handle 7": (b) => b.delRule({ ...c, handle: 7n }),
    "add rule inet t c handle 7 drop": (b) =>
      b.addRule({ ...c, expressions: verdict("drop"), position: 7n }),
    "insert rule inet t c drop": (b) => b.insertRule({ ...c, expressions: verdict("drop") }),
    "insert rule inet t c position 7 drop": (b) =>
      b.insertRule({ ...c, expressions: verdict("drop"), position: 7n }),
    "create set inet t s2 { type ipv4_addr; }": (b) =>
      b.addSet({ ...t, name: "s2", key: ["ipv4_addr"] }, { exclusive: true }),
    'add set inet t cs { type ipv4_addr . inet_service; comment "hi"; }': (b) =>
      b.addSet({ ...t, name: "cs", key: addr, comment: "hi" }),
    'add map inet t mc { type inet_proto . inet_service : ipv4_addr . inet_service; comment "hello"; }':
      (b) => b.addSet({ ...t, name: "mc", key: key2, data: addr, comment: "hello" }),
    "add map inet t mm { type ipv4_addr : mark; }": (b) =>
      b.addSet({ ...t, name: "mm", key: ["ipv4_addr"], data: ["mark"] }),
    'add map inet t vm { type ipv4_addr : verdict; elements = { 10.0.0.1 comment "co" : jump c, 10.0.0.2 : accept } }':
      (b) => {
        const vm = { ...t, name: "vm" };
        b.addSet({ ...vm, key: ["ipv4_addr"], data: "verdict" });
        b.addElements(vm, [
          { key: ip("10.0.0.1"), data: { verdict: "jump", chain: "c" }, comment: "co" },
          { key: ip("10.0.0.2"), data: { verdict: "accept" } },
        ]);
      },
    "add set inet t ms { type mark; elements = { 5 } }": (b) => {
      b.addSet({ ...t, name: "ms", key: ["mark"] });
      b.addElements({ ...t, name: "ms" }, [{ key: markValue(5) }]);
    },
    'add set inet t is { type ifname; elements = { "eth0" } }': (b) => {
      b.addSet({ ...t, name: "is", key: ["ifname"] });
      b.addElements({ ...t, name: "is" }, [{ key: ifnameValue("eth0") }]);
    },
    'add set inet t ifc { type ifname . ipv4_addr; elements = { "eth0" . 10.0.0.1 } }': (b) => {
      b.addSet({ ...t, name: "ifc", key: ["ifname", "ipv4_addr"] });
      const key = concat(ifnameValue("eth0"), ip("10.0.0.1"));
      b.addElements({ ...t, name: "ifc" }, [{ key }]);
    },
    "add set inet t es { type ether_addr; elements = { 00:11:22:33:44:55 } }": (b) => {
      b.addSet({ ...t, name: "es", key: ["ether_addr"] });
      b.addElements({ ...t, name: "es" }, [{ key: Mac.parse("00:11:22:33:44:55").bytes }]);
    },
    "delete set inet t v": (b) => b.delSet({ ...t, name: "v" }),
    "flush set inet t s": (b) => b.flushSet(s),
    "delete element inet t m { tcp . 80 }": (b) =>
      b.delElements(m, [concat(protoValue("tcp"), portValue(80))]),
    "delete element inet t s { 10.0.0.1, 10.0.0.2 }": (b) =>
      b.delElements(s, [ip("10.0.0.1"), ip("10.0.0.2")]),
  };
  for (const [nft, build] of Object.entries(cases)) {
    test(nft, () => {
      expect(sent(build)).toEqual(golden(nft) as never);
    });
  }
});

test("an element of a map whose number in the transaction is known is encoded as nft encodes it", () => {
  const nft = 'add element inet t m { udp . 53 comment "net c1 eth0" : 10.0.0.2 . 53 }';
  const element = {
    key: concat(protoValue("udp"), portValue(53)),
    data: concat(ip("10.0.0.2"), portValue(53)),
    comment: "net c1 eth0",
  };
  expect(encodeElements(m, [element], 2).toHex()).toBe(golden(nft)[0]?.[2] as string);
});

describe("the expressions of a rule are encoded byte for byte as nft encodes them", () => {
  const accept = verdict("accept");
  const drop = verdict("drop");
  const negate = { negate: true };
  const prefix = (text: string) => Prefix.parse(text);
  const withId = (list: readonly Expression[], setId: number) =>
    list.map((e) => (e.kind === "lookup" ? { ...e, setId } : e));
  const mac = Mac.parse("00:11:22:33:44:55");
  const cases: Record<string, readonly Expression[]> = {
    'iifname "br0" oifname != "br0" drop': compose(
      interfaceMatch("iifname", "br0"),
      interfaceMatch("oifname", "br0", negate),
      drop,
    ),
    'iifname "br*" drop': compose(interfaceMatch("iifname", "br*"), drop),
    'meta iifname "eth0" meta mark 5 accept': compose(
      interfaceMatch("iifname", "eth0"),
      markMatch(5),
      accept,
    ),
    "meta mark & 0x2000 == 0x2000 counter masquerade": compose(
      markMatch(0x2000, 0x2000),
      counter(),
      masquerade(),
    ),
    "meta mark and 0xff00 == 0x1200 accept": compose(markMatch(0x1200, 0xff00), accept),
    "meta l4proto tcp ct original proto-dst 80 accept": compose(ctOriginalPort("tcp", 80), accept),
    "ct state established,related accept": compose(
      ctState(CtState.ESTABLISHED | CtState.RELATED),
      accept,
    ),
    "ct mark 0x5 meta mark set 0x2000": compose(ctMark(5), setMark(0x2000)),
    "ct mark set 0x1": setCtMark(1),
    "ct status dnat accept": compose(ctStatus(CtStatus.DNAT), accept),
    "tcp dport 80 accept": compose(portMatch("tcp", "dport", 80), accept),
    "meta l4proto tcp th dport 22 accept": compose(portMatch("tcp", "dport", 22), accept),
    "ip saddr 10.0.0.0/12 accept": compose(
      prefixMatch("inet", prefix("10.0.0.0/12"), "saddr"),
      accept,
    ),
    "ip saddr 0.0.0.0/0 accept": compose(prefixMatch("inet", prefix("0.0.0.0/0"), "saddr"), accept),
    "ip6 saddr ::/0 accept": compose(prefixMatch("inet", prefix("::/0"), "saddr"), accept),
    "ip saddr 0.0.0.0/0 ip daddr 10.0.0.1 accept": compose(
      prefixMatch("inet", prefix("0.0.0.0/0"), "saddr"),
      addressMatch("inet", Ip.parse("10.0.0.1"), "daddr"),
      accept,
    ),
    "ip saddr != 10.0.0.1 accept": compose(
      addressMatch("inet", Ip.parse("10.0.0.1"), "saddr", negate),
      accept,
    ),
    "ip saddr != @s accept": withId(
      compose(addressInSet("inet", 4, "saddr", "s", negate), accept),
      1,
    ),
    "ip6 saddr fd00::/61 goto e": compose(
      prefixMatch("inet", prefix("fd00::7:1/61"), "saddr"),
      goto("e"),
    ),
    "ip6 saddr != fd00::1 return": compose(
      addressMatch("inet", Ip.parse("fd00::1"), "saddr", negate),
      verdict("return"),
    ),
    "meta nfproto ipv4 tcp dport 8080 dnat ip to 10.0.0.1:80": compose(
      metaEquals(MetaKey.NFPROTO, new Uint8Array([2])),
      portMatch("tcp", "dport", 8080),
      dnatTo(Ip.parse("10.0.0.1"), 80),
    ),
    "meta nfproto ipv4 dnat to 10.0.0.1": compose(
      metaEquals(MetaKey.NFPROTO, new Uint8Array([2])),
      dnatTo(Ip.parse("10.0.0.1")),
    ),
    "snat ip to 10.0.0.1": snatTo(Ip.parse("10.0.0.1")),
    "snat ip6 to fd00::1": snatTo(Ip.parse("fd00::1")),
    "tcp dport 8080 dnat ip6 to [fd00::1]:80": compose(
      portMatch("tcp", "dport", 8080),
      dnatTo(Ip.parse("fd00::1"), 80),
    ),
    "masquerade random,persistent": masquerade(NatFlag.PROTO_RANDOM | NatFlag.PERSISTENT),
    "masquerade fully-random": masquerade(NatFlag.PROTO_RANDOM_FULLY),
    "fib daddr type != local drop": compose(fibLocal("daddr", negate), drop),
    "ether saddr 00:11:22:33:44:55 drop": compose(etherMatch("inet", mac, "saddr"), drop),
    "counter packets 3 bytes 4 drop": [{ kind: "counter", bytes: 4n, packets: 3n }, ...drop],
    "udp dport 1000-2000 accept": compose(
      protocolGuard("udp"),
      loadKey("inet", ["th dport"]),
      [{ kind: "cmp", sreg: 1, op: ">=", data: portValue(1000) }],
      [{ kind: "cmp", sreg: 1, op: "<=", data: portValue(2000) }],
      accept,
    ),
    "tcp dport != 1000-2000 accept": compose(
      protocolGuard("tcp"),
      loadKey("inet", ["th dport"]),
      [{ kind: "range", sreg: 1, op: "!=", from: portValue(1000), to: portValue(2000) }],
      accept,
    ),
    "ip saddr . tcp dport @cs2 accept": withId(
      compose(
        addressMatch("inet", Ip.parse("0.0.0.0"), "saddr").slice(0, 2),
        protocolGuard("tcp"),
        loadKey("ip", ["ip saddr", "th dport"]),
        [lookup("cs2")],
        accept,
      ),
      4,
    ),
  };
  for (const [rule, expressions] of Object.entries(cases)) {
    test(rule, () => {
      expect(sent((b) => b.addRule({ ...c, expressions }))).toEqual(
        golden(`add rule inet t c ${rule}`) as never,
      );
    });
  }

  test("in a table of family bridge", () => {
    const nat = { family: "bridge", table: "nat" } as const;
    const rule = {
      ...nat,
      chain: "PREROUTING",
      expressions: compose(interfaceMatch("iifname", "veth1234"), jump("x")),
      comment: "macspoofchk-1",
    };
    expect(sent((b) => b.addRule(rule))).toEqual(
      golden(
        'add rule bridge nat PREROUTING iifname "veth1234" jump x comment "macspoofchk-1"',
      ) as never,
    );
    const ether = {
      ...nat,
      chain: "x",
      expressions: compose(etherMatch("bridge", mac, "saddr"), verdict("return")),
    };
    expect(sent((b) => b.addRule(ether))).toEqual(
      golden("add rule bridge nat x ether saddr 00:11:22:33:44:55 return") as never,
    );
    const v6 = {
      family: "bridge",
      table: "b",
      chain: "c",
      expressions: compose(prefixMatch("bridge", prefix("fd00::/64"), "saddr"), drop),
    } as const;
    expect(sent((b) => b.addRule(v6))).toEqual(
      golden("add rule bridge b c ip6 saddr fd00::/64 drop") as never,
    );
  });
});

describe("what nft sends is decoded, and encoded again gives the same bytes", () => {
  for (const { nft, messages } of goldens) {
    test(nft, () => {
      for (const recorded of messages) {
        const again = reencode(recorded[0], asMessage(recorded));
        if (again !== undefined) expect(again).toBe(recorded[2]);
      }
    });
  }
});

function reencode(number: number, message: ReturnType<typeof asMessage>): string | undefined {
  if (number === 0) return encodeTable(decodeTable(message)).toHex();
  if (number === 3) return encodeChain(decodeChain(message)).toHex();
  if (number === 6) return encodeRule(decodeRule(message)).toHex();
  if (number === 9) {
    const { key, data, ...rest } = decodeSet(message);
    const [first, ...others] = key ?? [];
    if (first === undefined) throw new Error("key of no type");
    const id = numberBehind(message.payload, "08000a00");
    if (data === undefined) return encodeSet({ ...rest, key: [first, ...others] }, id).toHex();
    const [head, ...tail] = data === "verdict" ? [] : data;
    const types = head === undefined ? "verdict" : ([head, ...tail] as const);
    return encodeSet({ ...rest, key: [first, ...others], data: types }, id).toHex();
  }
  if (number === 12) {
    const { family, attributes } = parseNf(message.payload);
    const [table, name] = [attributes.string(1) ?? "", attributes.string(2) ?? ""];
    const id = attributes.be32(4);
    return encodeElements({ family, table, name }, decodeElements(message), id).toHex();
  }
  return undefined;
}

function numberBehind(payload: Uint8Array, head: string): number {
  const hex = payload.toHex();
  return Number.parseInt(hex.slice(hex.indexOf(head) + 8).slice(0, 8), 16);
}
