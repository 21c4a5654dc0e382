import { expect, test } from "bun:test";
import { Ip, Prefix } from "../../addr/index.ts";
import { Batch } from "./batch.ts";
import { compose, familyGuard } from "./compose.ts";
import {
  concat,
  type DataTypeName,
  ifnameValue,
  portValue,
  protoValue,
  split,
  typeCode,
  typeLength,
  typeParts,
} from "./datatype.ts";
import { type Expression, PayloadBase } from "./expr/index.ts";
import { parseNfAttributes } from "./header.ts";
import { addressComparisons, interfaceComparison, ruleTarget } from "./inspect.ts";
import { addressMatch, fibLocal, interfaceMatch, portMatch, prefixMatch } from "./match.ts";
import { ruleText } from "./print.ts";
import { REG_1, registerAt } from "./register.ts";
import { dnatTo, goto, snatTo, verdict, vmap } from "./statement.ts";
import {
  commentValue,
  decodeComment,
  decodeUserdata,
  encodeComment,
  encodeUserdata,
} from "./userdata.ts";

test("each part of a key of several parts fills whole registers, a single one does not", () => {
  expect(concat(protoValue("tcp"), portValue(8080)).toHex()).toBe("060000001f900000");
  expect(concat(portValue(8080)).toHex()).toBe("1f90");
  expect(typeLength(["inet_proto", "inet_service"])).toBe(8);
  expect(typeLength(["inet_service"])).toBe(2);
  expect(typeLength(["ether_addr", "ifname"])).toBe(24);
});

test("a key is cut into the values that it was made of", () => {
  const types = ["ipv4_addr", "inet_proto", "inet_service"] as const;
  const values = [Ip.parse("192.0.2.1").bytes, protoValue("udp"), portValue(53)];
  expect(split(concat(...values), types)).toEqual(values);
  expect(() => split(new Uint8Array(11), types)).toThrow(RangeError);
});

test("a type number holds six bits for each part", () => {
  const lists: DataTypeName[][] = [
    ["ipv4_addr"],
    ["inet_proto", "inet_service"],
    ["ipv6_addr", "inet_proto", "inet_service"],
    ["ifname", "ether_addr", "mark", "ipv4_addr", "inet_service"],
  ];
  for (const list of lists) expect(typeParts(typeCode(list))).toEqual(list);
  expect(typeCode(["inet_proto", "inet_service"])).toBe(0x30d);
  expect(typeParts(63)).toBeUndefined();
  expect(typeParts(0)).toBeUndefined();
});

test("a register has the short name where a block of sixteen bytes begins", () => {
  expect([0, 1, 3, 4, 5, 8, 15].map(registerAt)).toEqual([1, 9, 11, 2, 13, 3, 23]);
  expect(() => registerAt(16)).toThrow(RangeError);
});

test("a comment may have 128 bytes and no NUL", () => {
  expect(decodeComment(encodeComment("ä".repeat(64)))).toBe("ä".repeat(64));
  expect(() => commentValue(`${"ä".repeat(64)}x`)).toThrow(RangeError);
  expect(() => commentValue("a\0b")).toThrow(RangeError);
});

test("userdata of another form is nothing, and no error", () => {
  expect(decodeUserdata(new Uint8Array([0, 200, 1]))).toEqual([]);
  expect(decodeUserdata(new Uint8Array([7]))).toEqual([]);
  expect(decodeComment(undefined)).toBeUndefined();
  expect(decodeComment(encodeUserdata([{ type: 9, value: new Uint8Array(1) }]))).toBeUndefined();
});

test("an interface name may have fifteen bytes", () => {
  expect(ifnameValue("eth0").toHex()).toBe("65746830000000000000000000000000");
  expect(ifnameValue("x".repeat(15)).length).toBe(16);
  expect(() => ifnameValue("x".repeat(16))).toThrow(RangeError);
});

test("a name that is none is said by its name, and is never a drop", () => {
  const wrong = (name: string): never => name as never;
  const rule = { family: "ip", table: "t", chain: "c" } as const;
  const batch = new Batch();
  expect(() => batch.addRule({ ...rule, expressions: verdict(wrong("acept")) })).toThrow(
    '"acept" is none of the verdicts drop, accept,',
  );
  expect(() => batch.addTable({ family: wrong("ipv4"), name: "t" })).toThrow(
    '"ipv4" is none of the families inet, ip,',
  );
  expect(() => batch.addSet({ ...rule, name: "s", key: [wrong("ipv4")] })).toThrow(
    '"ipv4" is none of the types ipv4_addr,',
  );
  const hook = { type: "filter", hook: wrong("inputt"), priority: 0 } as const;
  expect(() => batch.addChain({ ...rule, name: "c", hook })).toThrow(
    '"inputt" is none of prerouting, input,',
  );
  const inputHook = { type: "filter", hook: "input", priority: wrong("srcnat") } as const;
  expect(() => batch.addChain({ ...rule, name: "c", hook: inputHook })).toThrow(
    '"srcnat" is no priority of a chain',
  );
  const set = { family: "ip", table: "t", name: "s" } as const;
  expect(() => batch.addElements(set, [{ key: wrong("10.0.0.1") }])).toThrow("is a Uint8Array");
  expect(() => portMatch(wrong("tpc"), "dport", 80)).toThrow('"tpc" is none of the protocols');
  expect(() => batch.addRule({ ...rule, expressions: [{ kind: wrong("quota") }] })).toThrow(
    '"quota" is none of the expressions',
  );
  expect(batch.commands).toEqual([]);
});

test("a set that is added twice keeps its number in the transaction", () => {
  const id = { family: "ip", table: "t", key: ["mark"] } as const;
  const { commands } = ["a", "a", "b"].reduce(
    (batch, name) => batch.addSet({ ...id, name }),
    new Batch(),
  );
  const setId = 10; // NFTA_SET_ID
  const numbers = commands.map(({ payload }) => parseNfAttributes(payload).be32(setId));
  expect(numbers).toEqual([1, 1, 2]);
});

test("a comparison with IPv4 mapped to IPv6 is none with IPv4", () => {
  const bogons = [
    { kind: "payload", base: PayloadBase.NETWORK, offset: 8, length: 12, dreg: REG_1 },
    { kind: "cmp", sreg: REG_1, op: "==", data: Buffer.from("00000000000000000000ffff", "hex") },
  ] as const;
  expect(addressComparisons({ expressions: bogons })).toEqual([]);
  expect(ruleText({ expressions: bogons })).toBe("ip6 saddr 0x00000000000000000000ffff");
});

test("where a translation leads to is shown with its port, and a map of verdicts as one", () => {
  const shown = (expressions: readonly Expression[]): string => ruleText({ expressions });
  expect(shown(dnatTo(Ip.parse("fd00::5"), 80))).toBe("dnat to [fd00::5]:80");
  expect(shown(dnatTo(Ip.parse("fd00::5")))).toBe("dnat to fd00::5");
  expect(shown(snatTo(Ip.parse("10.0.0.1"), 1024))).toBe("snat to 10.0.0.1:1024");
  expect(shown(vmap("ip", ["ip saddr"], "who"))).toBe("ip saddr vmap @who");
  expect(shown(fibLocal("saddr", { negate: true }))).toBe("fib saddr type != local");
});

test("a guard that stands already is not repeated, another one of its kind is", () => {
  const a = addressMatch("inet", Ip.parse("10.0.0.1"), "saddr");
  const b = addressMatch("inet", Ip.parse("10.0.0.2"), "daddr");
  expect(compose(a, b).length).toBe(6);
  const ports = compose(portMatch("tcp", "dport", 80), portMatch("udp", "sport", 90));
  expect(ports.length).toBe(8);
  expect(familyGuard("ip", 4)).toEqual([]);
  expect(() => familyGuard("ip6", 4)).toThrow(RangeError);
});

test("a time to live is no source of IPv6, whose short prefixes are known by their guard", () => {
  const ttl: Expression[] = [
    { kind: "payload", dreg: 1, base: PayloadBase.NETWORK, offset: 8, length: 1 },
    { kind: "cmp", sreg: 1, op: "==", data: Uint8Array.of(64) },
  ];
  expect(addressComparisons({ expressions: ttl })).toEqual([]);
  const source = prefixMatch("inet", Prefix.parse("fc00::/8"), "saddr");
  expect(source.some((each) => each.kind === "payload" && each.length === 1)).toBe(true);
  expect(
    addressComparisons({ expressions: source }).map(({ prefix }) => prefix.toString()),
  ).toEqual(["fc00::/8"]);
});

test("addresses and interfaces that a rule compares with are found", () => {
  const prefixes = [
    "10.0.0.0/8",
    "10.16.0.0/12",
    "10.1.2.3/32",
    "fd00::/64",
    "fd00::/61",
    "fd00::1/128",
  ];
  for (const text of prefixes) {
    const expressions = prefixMatch("inet", Prefix.parse(text), "saddr", { negate: true });
    const [found, ...rest] = addressComparisons({ expressions });
    expect(rest).toEqual([]);
    expect(found).toMatchObject({ side: "saddr", negated: true });
    expect(found?.prefix.toString()).toBe(text);
  }
  const expressions = compose(interfaceMatch("iifname", "veth1"), goto("x"));
  expect(interfaceComparison({ expressions }, "iifname")).toEqual({
    name: "veth1",
    negated: false,
  });
  expect(interfaceComparison({ expressions }, "oifname")).toBeUndefined();
  expect(ruleTarget({ expressions })).toBe("x");
});
