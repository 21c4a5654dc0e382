import { describe, expect, test } from "bun:test";
import type { Outcome } from "../check.ts";
import { judgeKnown, type KnownList, knownOf, printKnown, readKnown, steady } from "./index.ts";
import { matches } from "./wildcard.ts";

function outcome(check: string, more: Partial<Outcome> = {}): Outcome {
  return {
    ...{ check, rule: "R48", level: "MUST", tries: "x", verdict: "passed", repeat: "", ms: 1 },
    ...more,
  };
}

function failed(check: string, came = "exit code 3"): Outcome {
  return outcome(check, { verdict: "failed", finding: { expected: "success", came } });
}

const SUITE = ["a", "b", "v@0.4.0", "v@1.0.0", "v@1.1.0"];

function list(...lines: string[]): KnownList {
  return readKnown(["profile: full", ...lines].join("\n"));
}

function staleOf(known: KnownList, outcomes: Outcome[], suite = SUITE): string[] {
  return judgeKnown(known, { suite, outcomes }).stale.map(({ line, why }) => `${line}: ${why}`);
}

describe("the file", () => {
  test("has a profile and a line for each, with escapes; and is written as it is read", () => {
    const known = list("# a comment", "", "a | expected x \\| y; came \\\\ | why, https://e.org/1");
    expect(known).toEqual({
      profile: "full",
      entries: [
        { line: 4, check: "a", message: "expected x | y; came \\", reason: "why, https://e.org/1" },
      ],
    });
    expect(readKnown(printKnown(known)).entries).toMatchObject(
      known.entries.map(({ check, message, reason }) => ({ check, message, reason })),
    );
  });

  const wrong: [text: string, told: string][] = [
    ["a | b | c", 'which profile it is: write "profile: full"'],
    ["profile: half", 'line 1: the profile is quick or full, not "half"'],
    ["profile: full\na | b", "line 2: write check | what came of it | reason"],
    ["profile: full\na | b |  ", "line 2: write check"],
    ["profile: full\na | b | c | d", "a | inside is written \\|"],
    ["profile: full\n| b | c", "line 2: write check"],
  ];
  test.each(wrong)("%j is refused", (text, told) => {
    expect(() => readKnown(text)).toThrow(told);
  });
});

describe("a list covers a failure", () => {
  test("with the same message, or what came alone", () => {
    const outcomes = [failed("a"), failed("b", "exit code 4"), outcome("v@0.4.0")];
    const known = list("a | expected success; came exit code 3 | for a", "b | exit code 4 | for b");
    const { reasons, stale } = judgeKnown(known, { suite: SUITE, outcomes });
    expect([...reasons]).toEqual([
      ["a", "for a"],
      ["b", "for b"],
    ]);
    expect(stale).toEqual([]);
  });

  test("but not without a reason", () => {
    const { reasons } = judgeKnown(list("a | * | ?"), { suite: SUITE, outcomes: [failed("a")] });
    expect(reasons.size).toBe(0);
  });

  test("of several versions, of which some may be skipped", () => {
    const outcomes = [
      failed("v@0.4.0"),
      failed("v@1.0.0"),
      outcome("v@1.1.0", { verdict: "skipped", reason: "it does not support 1.1.0" }),
    ];
    const { reasons, stale } = judgeKnown(list("v@* | * | r"), { suite: SUITE, outcomes });
    expect([[...reasons.keys()], stale]).toEqual([["v@0.4.0", "v@1.0.0"], []]);
  });

  test("whatever is random in its message", () => {
    const came = (mac: string, time: string): Outcome =>
      failed(
        "a",
        `{"mac":"${mac}","file":"/tmp/x${mac.slice(0, 2)}"} at ${time}, veth1a2b3c4${time.at(-2)}`,
      );
    const one = came("0a:58:0a:f5:00:02", "2026-11-29T10:00:01Z");
    const other = came("9e:11:0a:f5:00:99", "2026-11-30T11:22:33Z");
    const known = knownOf(
      { profile: "full", suite: SUITE, outcomes: [one], failed: [one] },
      undefined,
    );
    const written = readKnown(printKnown(known).replace("| ?", "| why"));
    expect(staleOf(written, [other])).toEqual([]);
    expect(judgeKnown(written, { suite: SUITE, outcomes: [other] }).reasons.size).toBe(1);
  });
});

describe("a list goes stale", () => {
  const line = "a | expected success; came exit code 3 | r";
  const cases: [name: string, lines: string[], outcomes: Outcome[], told: string][] = [
    ["it passes", [line], [outcome("a")], "2: it passes now"],
    ["it fails otherwise", [line], [failed("a", "exit code 4")], "2: it fails otherwise now: exp"],
    [
      "it is skipped",
      [line],
      [outcome("a", { verdict: "skipped", reason: "no nft" })],
      "2: it is skipped now: no nft",
    ],
    [
      "it broke",
      [line],
      [outcome("a", { verdict: "broken", reason: "no world" })],
      "2: it could not be run: no world",
    ],
    ["it is not there", ["z | * | r"], [outcome("a")], "2: the suite has no such check"],
    [
      "one of many passes",
      ["v@* | * | r"],
      [failed("v@0.4.0"), outcome("v@1.0.0")],
      "2: it passes now (v@1.0.0)",
    ],
    [
      "some of many fail otherwise",
      ["v@* | *3 | r"],
      [failed("v@0.4.0"), failed("v@1.0.0", "x"), failed("v@1.1.0", "x")],
      "2: it fails otherwise now (v@1.0.0 and 1 more)",
    ],
  ];
  test.each(cases)("when %s", (_, lines, outcomes, told) => {
    const [stale, ...more] = staleOf(list(...lines), outcomes);
    expect(stale).toStartWith(told);
    expect(more).toEqual([]);
    expect(judgeKnown(list(...lines), { suite: SUITE, outcomes }).reasons.size).toBe(0);
  });

  test("when a wildcard covers more than twenty failures", () => {
    const many = Array.from({ length: 21 }, (_, index) => failed(`c${index}`));
    const names = many.map(({ check }) => check);
    expect(staleOf(list("c* | * | r"), many, names)).toEqual([
      "2: it covers 21 failures; 20 is the most: say which",
    ]);
    expect(staleOf(list("c* | * | r"), many.slice(1), names)).toEqual([]);
  });

  test("but not when a part ran that the line is no part of", () => {
    expect(staleOf(list(line), [failed("b")])).toEqual([]);
  });
});

test("writing keeps what holds, drops what does not, keeps a reason for another message", () => {
  const old = list(
    "a | * | wild and kept",
    "b | expected success; came exit code 9 | of b",
    "v@0.4.0 | * | passes by now",
  );
  const outcomes = [failed("a"), failed("b"), outcome("v@0.4.0"), failed("v@1.0.0", "new")];
  const findings = outcomes.filter(({ verdict }) => verdict === "failed");
  const known = knownOf({ profile: "full", suite: SUITE, outcomes, failed: findings }, old);
  const text = printKnown(known);
  expect(text.split("\n").slice(-5)).toEqual([
    "",
    "a | * | wild and kept",
    "b | expected success; came exit code 3 | of b",
    "v@1.0.0 | expected success; came new | ?",
    "",
  ]);
  expect(text).toContain("profile: full");
  expect(staleOf(readKnown(text), outcomes)).toEqual([]);
});

test("wildcards match the whole text, and no text twice", () => {
  const cases: [pattern: string, text: string, is: boolean][] = [
    ["", "", true],
    ["*", "", true],
    ["a", "a", true],
    ["a", "ab", false],
    ["a*", "ab", true],
    ["*b", "ab", true],
    ["a*a", "a", false],
    ["a*b*c", "axbxc", true],
    ["a*b*c", "acb", false],
    ["*x*", "abc", false],
    ["a**c", "ac", true],
    [".", "a", false],
  ];
  for (const [pattern, text, is] of cases) {
    expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, is]);
  }
});

test("what is random is masked, what is not stays", () => {
  const cases: [text: string, masked: string][] = [
    ["mac 0A:58:0a:f5:00:02", "mac <mac>"],
    ["fe80::1ff:fe23:4567:890a/64", "<link-local>/64"],
    ["id 9f8a6b5c-1234-4abc-8def-0123456789ab", "id <uuid>"],
    ["at 2026-11-29 10:11:12.123 it", "at <time> it"],
    ["after 12 ms, 1.5 s", "after <duration>, <duration>"],
    ["file /tmp/abc.X1/y: no", "file /tmp/<name>: no"],
    ["link veth1a2b3c4d up", "link veth<random> up"],
    ["hash 0123456789abcdef!", "hash <hex>!"],
    ["pid 4321, net:[4026531840]", "pid <number>, net:[<number>]"],
    ["10.245.0.2/24 via 10.245.0.1 on eth0", "10.245.0.2/24 via 10.245.0.1 on eth0"],
    ["exit code 3, code 104", "exit code 3, code 104"],
    ["  two\n lines ", "two lines"],
    ['cut {"mac":"0a:5…', 'cut {"mac":"…'],
    ["conformance-c1 feedback accepted", "conformance-c1 feedback accepted"],
  ];
  for (const [text, masked] of cases) expect(steady(text)).toBe(masked);
});
