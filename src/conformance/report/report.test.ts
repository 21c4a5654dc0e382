import { describe, expect, test } from "bun:test";
import { parseTap } from "../../../tests/support/tap.ts";
import { elements, parseXml } from "../../../tests/support/xml.ts";
import type { Exchange, Outcome, Report } from "../check.ts";
import { exitCodeOf, type Judging, judge } from "./counts.ts";
import {
  jsonList,
  jsonReport,
  junitReport,
  summaryLine,
  tapReport,
  textList,
  textReport,
} from "./index.ts";
import type { Paint } from "./text.ts";

const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  yellow: (text) => text,
  green: (text) => text,
};

const CALL: Exchange = {
  argv: ["/opt/my plugins/thing"],
  env: { CNI_COMMAND: "DEL", CNI_ARGS: "A=1;B=2" },
  stdin: '{"name":"x"}\n',
  exitCode: 3,
  stdout: "",
  stderr: "boom \u001b[31m & <b>\u0000 ]]> \ud800\n# second line",
  ms: 12,
};

function outcome(check: string, more: Partial<Outcome> = {}): Outcome {
  return {
    ...{ check, rule: "R48", level: "MUST", tries: "calls DEL three times", verdict: "passed" },
    ...{ repeat: `hawser conformance plugin thing --seed 7 --check ${check}`, ms: 20 },
    ...more,
  };
}

function failed(check: string, came = "exit code 3", more: Partial<Outcome> = {}): Outcome {
  const finding = { expected: "the second DEL succeeds", came };
  return outcome(check, { verdict: "failed", finding, transcript: [CALL], ...more });
}

function reportOf(outcomes: readonly Outcome[], more: Partial<Report> = {}): Report {
  return {
    report: 1,
    suite: { hawser: "0.1.0", specification: "1.1.0" },
    of: "plugin",
    subject: {
      ...{ name: "thing", path: "/opt/my plugins/thing", kind: "interface" },
      ...{ versions: ["0.4.0", "1.0.0"], by: "its subject.json" },
    },
    ...{ profile: "full", seed: 7, partial: false, seconds: 1.25, outcomes },
    ...more,
  };
}

const MIXED = reportOf([
  outcome("passes"),
  failed("fails@0.4.0"),
  failed("fails@1.0.0"),
  failed("advises", "a # hash and a \\", { level: "SHOULD", rule: "R38" }),
  failed("known", "exit code 9"),
  outcome("skipped", { verdict: "skipped", reason: "it does not support 1.1.0 # no" }),
  outcome("broke", { verdict: "broken", reason: "a world did not start" }),
]);
const KNOWN: Judging = {
  strict: false,
  known: new Map([["known", "upstream's number 5"]]),
  stale: [{ line: 4, check: "gone", why: "the suite has no such check" }],
};

function textOf(report: Report, judging: Judging = { strict: false }, verbose = false): string {
  return textReport(report, judge(report, judging), { paint: PLAIN, verbose });
}

describe("the exit code", () => {
  const cases: [name: string, outcomes: Outcome[], judging: Judging, code: number][] = [
    ["nothing found", [outcome("a")], { strict: true }, 0],
    ["a MUST", [failed("a")], { strict: false }, 1],
    ["a SHOULD", [failed("a", "x", { level: "SHOULD" })], { strict: false }, 0],
    ["a SHOULD, strict", [failed("a", "x", { level: "SHOULD" })], { strict: true }, 1],
    ["a known one", [failed("known")], { ...KNOWN, stale: [] }, 0],
    ["a list out of date", [outcome("a")], { ...KNOWN, strict: false }, 1],
    ["a fault of the suite", [outcome("a", { verdict: "broken" })], { strict: false }, 3],
    ["that and a finding", [failed("a"), outcome("b", { verdict: "broken" })], KNOWN, 1],
  ];
  test.each(cases)("of %s", (_, outcomes, judging, code) => {
    expect(exitCodeOf(judge(reportOf(outcomes), judging))).toBe(code as 0);
  });

  test("of a subject that was given up is never success, whatever its checks were about", () => {
    const outcomes = [failed("a", "x", { level: "SHOULD" }), outcome("b", { verdict: "skipped" })];
    const report = reportOf(outcomes, { partial: true, gaveUp: "the subject hung 3 times" });
    expect(exitCodeOf(judge(report, { strict: false }))).toBe(1);
  });
});

describe("the text", () => {
  test("tells the rule, what was sent and came, and how to repeat it, once for all versions", () => {
    const text = textOf(MIXED, KNOWN);
    expect(text).toContain("✗ R48 MUST: DEL can be repeated");
    expect(text).toContain("section 2");
    expect(text.match(/ {4}fails\n/gu)).toHaveLength(1);
    expect(text).toContain("versions  0.4.0, 1.0.0");
    expect(text).toContain("expected  the second DEL succeeds\n");
    expect(text).toContain(
      "sent      CNI_COMMAND=DEL 'CNI_ARGS=A=1;B=2' '/opt/my plugins/thing'\n".replace(
        "'CNI_ARGS=A=1;B=2'",
        "CNI_ARGS='A=1;B=2'",
      ),
    );
    expect(text).toContain('stdin     {"name":"x"}\n');
    expect(text).toContain("got       exit code 3 after 12 ms");
    expect(text).toContain("stderr    boom \\u001b[31m & <b>\\u0000 ]]> \\ud800 # second line\n");
    expect(text).toContain(
      "repeat    hawser conformance plugin thing --seed 7 --check fails@1.0.0",
    );
    expect(text).toContain("! R38 SHOULD");
    expect(text).toContain("1 × upstream's number 5 (known)");
    expect(text).toContain("line 4: gone: the suite has no such check");
    expect(text).toContain("The suite itself failed; that says nothing of the subject:");
    expect(text).toContain("  a world did not start\n");
    expect(text).toContain("1 × it does not support 1.1.0 # no (skipped)");
    expect(text).toContain("1 passed, 2 failed, 1 against a SHOULD, 1 known, 1 skipped, 1 not run");
  });

  test("what differs by its version alone is one finding", () => {
    const versions = ["0.4.0", "1.0.0", "1.1.0"];
    const text = textOf(reportOf(versions.map((v) => failed(`v@${v}`, `cniVersion "${v}"`))));
    expect(text.match(/ repeat /gu)).toHaveLength(1);
    expect(text).toContain("versions  0.4.0, 1.0.0, 1.1.0");
  });

  test("the same in three checks is told once, with its rules, and the shortest way to it", () => {
    const outcomes = [
      failed("a", "same", { transcript: [CALL, CALL] }),
      failed("b", "same", { rule: "R38", level: "SHOULD" }),
      failed("c", "same"),
      failed("d", "another"),
    ];
    const text = textOf(reportOf(outcomes));
    expect(text).toContain("✗ The same in 3 checks");
    expect(text).toContain("rules     R38, R48");
    expect(text).toContain("checks    a, c, b");
    expect(text.match(/ repeat /gu)).toHaveLength(2);
    expect(text).toContain("--check c\n");
    expect(text).not.toContain("R38 SHOULD");
  });

  test("what is printed is bounded, and a verbose one has each check and call", () => {
    const loud = { ...CALL, stdout: "x".repeat(100_000) };
    const outcomes = [failed("a", "y".repeat(100_000), { transcript: Array(40).fill(loud) })];
    expect(textOf(reportOf(outcomes)).length).toBeLessThan(4000);
    const verbose = textOf(reportOf([...outcomes, outcome("fine")]), { strict: false }, true);
    expect(verbose.match(/ sent {6}CNI/gu)).toHaveLength(20);
    expect(verbose).toContain("(20 calls and commands before)");
    expect(verbose).toContain("R48  fine  passed (20 ms)");
  });

  test("a call that was killed, or did not start, says so", () => {
    const ended = { ...CALL, exitCode: undefined as never, ended: "it did not end within 10 s" };
    const outcomes = [failed("a", "x", { transcript: [ended] })];
    expect(textOf(reportOf(outcomes))).toContain("got       it did not end within 10 s, and was");
  });

  test("a guess is called one, and says what may be missing", () => {
    const { subject } = MIXED;
    const told = textOf(reportOf([], { isRoot: false, subject: { ...subject, isGuess: true } }));
    expect(told).toContain("seed 7, without root\n");
    expect(told).toContain("a file subject.json says so");
    expect(told).toContain("then run the suite as root");
    expect(textOf(reportOf([]))).not.toMatch(/root|subject.json says/u);
  });

  test("a run that was given up claims nothing", () => {
    const report = reportOf([outcome("a")], { partial: true, gaveUp: "interrupted" });
    expect(textOf(report)).toContain(
      "Only a part of the suite ran, and was given up: interrupted.",
    );
    expect(summaryLine(report, judge(report, { strict: false }))).toContain("a part of full");
  });
});

test("the summary is one line", () => {
  const report = reportOf([outcome("a"), outcome("b", { verdict: "skipped", reason: "no" })]);
  expect(summaryLine(report, judge(report, { strict: false }))).toBe(
    "CNI 1.1.0 conformance (hawser 0.1.0, full): 1 passed, 0 failed, 1 skipped; 2 versions",
  );
});

test("JSON is the report, with its counts, exit code and known failures", () => {
  const json = JSON.parse(jsonReport(MIXED, judge(MIXED, KNOWN))) as Record<string, unknown>;
  const { counts, exitCode, known, outOfDate, ...report } = json;
  expect(counts).toEqual({
    ...{ passed: 1, failed: 2, advised: 1, known: 1, skipped: 1, broken: 1, outOfDate: 1 },
  });
  expect([exitCode, known]).toEqual([1, [{ check: "known", reason: "upstream's number 5" }]]);
  expect(outOfDate).toEqual(KNOWN.stale);
  const plain = JSON.parse(JSON.stringify(MIXED)) as Record<string, unknown>;
  expect(report).toEqual({ ...plain, strict: false });
});

test("JUnit is XML whatever a subject prints, and counts as the exit code does", () => {
  const root = parseXml(junitReport(MIXED, judge(MIXED, KNOWN)));
  const [suite] = elements(root, "testsuite");
  expect(suite?.attributes).toMatchObject({
    ...{ tests: "8", failures: "3", errors: "1", skipped: "3" },
  });
  expect(elements(root, "testcase")).toHaveLength(8);
  for (const [name, count] of [
    ["failure", 3],
    ["error", 1],
    ["skipped", 3],
  ] as const) {
    expect(elements(root, name)).toHaveLength(count);
  }
  const [failure] = elements(root, "failure");
  expect(failure?.attributes["message"]).toBe("expected the second DEL succeeds; came exit code 3");
  expect(failure?.text).toContain(
    "stderr: boom \\u001b[31m & <b>\\u0000 ]]> \\ud800 # second line",
  );
  const known = elements(root, "skipped").map(({ attributes }) => attributes["message"]);
  expect(known.some((message) => message?.startsWith("known failure: upstream's"))).toBe(true);
});

test("TAP is TAP 14: what does not count is `todo`, and a # is no directive", () => {
  const points = parseTap(tapReport(MIXED, judge(MIXED, KNOWN)));
  expect(points.map(({ ok, directive }) => [ok, directive])).toEqual([
    [true, undefined],
    [false, undefined],
    [false, undefined],
    [false, "todo"],
    [false, "todo"],
    [true, "skip"],
    [false, undefined],
    [false, undefined],
  ]);
  expect(points[1]?.diagnostic).toMatchObject({
    rule: "R48 MUST: DEL can be repeated",
    expected: "the second DEL succeeds",
    got: "exit code 3 after 12 ms",
  });
  expect(points[3]?.diagnostic?.["came"]).toBe("a # hash and a \\");
  expect(points[5]?.reason).toBe("it does not support 1.1.0 # no");
  expect(points[7]?.description).toContain("line 4, gone");
});

test("the list has each check, versions side by side; for programs one by one", () => {
  const check = { rule: "R48", level: "MUST", profile: "quick", tries: "calls DEL" } as const;
  const checks = ["del@1.0.0", "del@1.1.0", "other"].map((name) => ({ ...check, name }));
  const text = textList(checks, PLAIN);
  expect(text).toContain("R48 DEL can be repeated  (section 2)\n");
  expect(text).toContain("MUST   quick del@ 1.0.0 1.1.0\n");
  expect(text).toContain("3 checks");
  expect(JSON.parse(jsonList("plugin", checks))).toMatchObject({
    list: 1,
    of: "plugin",
    checks: [
      { check: "del@1.0.0", rule: "R48", level: "MUST", profile: "quick", section: "2" },
      { check: "del@1.1.0" },
      { check: "other" },
    ],
  });
});
