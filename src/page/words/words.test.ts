import { describe, expect, test } from "bun:test";
import { nameOf, shortId } from "./names.ts";
import { isInward, isOfPort, ruleLine, ruleWords } from "./rules.ts";
import { count, joined, shown } from "./text.ts";
import { age, axisTime, duration, fullTime, span } from "./time.ts";

const NOON = Date.UTC(2026, 10, 30, 12);

describe("times", () => {
  test.each([
    [3000, "just now"],
    [-3000, "just now"],
    [42_000, "42 s ago"],
    [90_000, "1 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [47 * 3_600_000, "47 h ago"],
    [49 * 3_600_000, "2 days ago"],
    [-90_000, "in 1 min"],
    [Number.NaN, ""],
  ])("%d ms are %j", (ms, text) => {
    expect(age(NOON, NOON + ms)).toBe(text);
  });

  test("are of the reader's zone, which is named", () => {
    const berlin = { locale: "en-GB", zone: "Europe/Berlin" };
    expect(fullTime(NOON, berlin)).toBe("30 Nov 2026, 13:00:00 CET");
    expect(fullTime(Number.NaN)).toBe("");
    const spans = [60_000, 3_600_000, 4 * 86_400_000];
    expect(spans.map((whole) => axisTime(NOON, whole, berlin))).toEqual([
      ...["13:00:00", "13:00", "30 Nov"],
    ]);
  });

  test("have as many digits as say something", () => {
    expect([0.123, 9.99, 12.34, 99.9, 123.4, 12_345].map(duration)).toEqual([
      ...["0.12 ms", "9.99 ms", "12.3 ms", "99.9 ms", "123 ms", "12.3 s"],
    ]);
    expect([59_999, 60_000].map(span)).toEqual(["59 s", "1 min"]);
  });
});

describe("names that others have chosen", () => {
  test("show what is invisible in them, on one line, and are bounded", () => {
    expect(shown("web\u202Egpj.exe")).toBe("web\\u202egpj.exe");
    expect(shown("a\u0000b\n\tc")).toBe("a\\u0000b  c");
    expect(shown("x".repeat(10_000))).toBe(`${"x".repeat(160)}…`);
    expect(shown("<b>&amp;</b>")).toBe("<b>&amp;</b>");
  });

  test("are those of the pod, else of the container, shortened where it is digits alone", () => {
    expect(nameOf({ containerId: "c1", pod: { namespace: "ns", name: "p" } })).toBe("ns/p");
    expect(nameOf({ containerId: "c1", pod: { name: "p" } })).toBe("p");
    expect(nameOf({ containerId: "ab".repeat(32) })).toBe("abababababab");
    expect(shortId("a container of mine that has a long name")).toHaveLength(40);
    expect(nameOf({})).toBe("");
  });
});

test("numbers have their nouns", () => {
  expect([
    count(1, "address", "addresses"),
    count(2, "address", "addresses"),
    count(1234, "rule"),
  ]).toEqual([...["1 address", "2 addresses", "1,234 rules"]]);
  expect([joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])]).toEqual([
    ...["", "a", "a and b", "a, b and c"],
  ]);
});

test("elements of our sets say what they do, and rules of others are their own words", () => {
  expect(
    ruleWords({ place: "inet hawser_ports hostports6", text: "tcp . 80 : fd00::7 . 8080" }),
  ).toBe("leads tcp port 80 of the host to [fd00::7]:8080");
  expect(
    ruleWords({ place: "inet hawser_masquerade from-web-10.1.0.0/16", text: "10.1.0.7" }),
  ).toBe("leaves this machine with an address of the host");
  const rule = { place: "ip nat CNI-DN-1", text: "tcp dport 80 dnat to 10.1.0.7" };
  expect(ruleWords(rule)).toBeUndefined();
  expect(ruleLine(rule)).toBe("tcp dport 80 dnat to 10.1.0.7, in ip nat CNI-DN-1");
});

test.each([
  ["tcp . 80 : 10.1.0.7 . 8080", true],
  ["192.0.2.1 . tcp . 80 : 10.1.0.7 . 8080", true],
  ["tcp . 80", true],
  ["tcp dport 80 dnat to 10.1.0.7", true],
  ["ip daddr 192.0.2.1 tcp dport 80 xt target DNAT", true],
  ['tcp iifname "eth0" th dport 80 dnat to 10.1.0.7', true],
  ["udp . 80 : 10.1.0.7 . 8080", false],
  ["udp dport 80 dnat to 10.1.0.7", false],
  ["tcp . 8080 : 10.1.0.7 . 80", false],
  ["tcp . 8080 : 10.1.0.80 . 81", false],
  ["tcp dport 8080 dnat to 10.1.0.7 tcp dport 80", false],
  ['tcp dport 8080 accept comment "not tcp dport 80"', false],
  ["tcp dport != 80 accept", false],
  ["tcp sport 80 accept", false],
  ["10.80.0.1", false],
])("%j is about tcp port 80: %j", (text, isOf) => {
  expect(isOfPort({ text }, { protocol: "tcp", hostPort: 80 })).toBe(isOf);
});

test("a port of a protocol that elements show by its number is found by it", () => {
  const port = { protocol: "dccp", hostPort: 80 };
  expect(isOfPort({ text: "33 . 80 : 10.1.0.7 . 80" }, port)).toBe(true);
  expect(isOfPort({ text: "dccp dport 80 dnat to 10.1.0.7" }, port)).toBe(true);
});

test("what leads to a container is told from what leads out of it", () => {
  const texts = ["tcp . 80 : 10.1.0.7 . 80", "tcp dport 80 xt target DNAT", "tcp . 80", "10.1.0.7"];
  expect(texts.map((text) => isInward({ text }))).toEqual([true, true, false, false]);
});

describe("of our firewall", () => {
  const wordsIn = (name: string, text: string): string | undefined =>
    ruleWords({ place: `inet hawser_firewall ${name}`, text });

  test("what lets through is told from what counts and from what drops", () => {
    expect(wordsIn("containers4-bit9", "10.1.0.7")).toBe("is let through the host's firewall");
    expect(wordsIn("behind4-br1", "10.1.0.7")).toBe("is counted as behind a bridge with a policy");
    expect(wordsIn("guarded", "br1")).toBe("no other guarded bridge reaches its containers");
    expect(wordsIn("isolated", "br1 . br1")).toBe(
      "what comes from this bridge and goes back to it is dropped",
    );
  });

  test("an isolated bridge is within as well, which says nothing of who is reached", () => {
    expect(wordsIn("within", "br1 . br1")).toBe(
      "what comes from this bridge and goes back to it is not held to come from another",
    );
  });
});

test.each([
  ["inet hawser_firewall forward", "iifname . oifname @isolated drop"],
  ["inet hawser_firewall forwarded", "meta mark & 0x200 == 0x200 ip saddr @containers4-bit9"],
  ["inet hawser_ports prerouting", "ip daddr @services4 return"],
  ["inet hawser_ports heard-prerouting", "ip meta mark & 0x2000 == 0x0 accept"],
  ["inet hawser_masquerade postrouting", "ip saddr @from-web-10.1.0.0/16 masquerade"],
  ["bridge hawser_macspoof prerouting", "iifname @guarded drop"],
])("a rule of chain %s is its own words", (place, text) => {
  expect(ruleWords({ place, text })).toBeUndefined();
});

test("addresses of services are left alone", () => {
  expect(ruleWords({ place: "inet hawser_ports services4", text: "10.96.0.1" })).toBe(
    "connections to this service address are left to what serves it",
  );
});
