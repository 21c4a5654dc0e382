import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { answerProblems } from "../../../tests/support/json-schema.ts";
import { parseTap } from "../../../tests/support/tap.ts";
import { elements, parseXml } from "../../../tests/support/xml.ts";
import { type Listed, MachineUnfit, type Outcome, type Report } from "../../conformance/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { runConformance } from "../command/conformance.ts";
import type { CliIo } from "../io.ts";
import { UsageError } from "../request.ts";
import { executablePath } from "./executable.ts";
import type { ConformanceOptions } from "./options.ts";
import type { SuiteRun, Suites } from "./suites.ts";

/** The command with a suite that runs nothing: what it selects, prints and gives as its exit code. */

const directory = mkdtempSync(join(tmpdir(), "conformance-"));
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  for (const file of ["known", "out.json", "out.xml"]) {
    rmSync(join(directory, file), { force: true });
  }
});

function listed(name: string, more: Partial<Listed> = {}): Listed {
  return { name, rule: "R48", level: "MUST", profile: "quick", tries: "calls DEL", ...more };
}

const CHECKS: readonly Listed[] = [
  listed("passes"),
  listed("fails@0.4.0"),
  listed("fails@1.0.0"),
  listed("advises", { level: "SHOULD", rule: "R38" }),
  listed("thorough", { profile: "full", rule: "R102" }),
];

type Verdicts = Readonly<Record<string, Partial<Outcome>>>;

const FAILED: Partial<Outcome> = {
  verdict: "failed",
  finding: { expected: "success", came: "exit code 3, mac 0a:58:00:00:00:01" },
};

/** A suite in which all passes that `verdicts` does not name. */
function suites(verdicts: Verdicts, runs: SuiteRun[] = [], more: Partial<Report> = {}): Suites {
  const suite: Suites["plugin"] = {
    checks: CHECKS,
    of: (_, subject) => {
      if (subject === "absent") throw new UsageError("there is no absent");
      return async (run) => {
        await Promise.resolve();
        if (subject === "unfit") throw new MachineUnfit("no namespaces here");
        if (subject === "bug") throw new TypeError("undefined is no function");
        runs.push(run);
        return reportOf(run, verdicts, more);
      };
    },
  };
  return { plugin: suite, runtime: suite };
}

function reportOf(run: SuiteRun, verdicts: Verdicts, more: Partial<Report>): Report {
  const { select, profile, seed, command } = run;
  const checks = CHECKS.filter((check) => {
    return select === undefined ? profile === "full" || check.profile === "quick" : select(check);
  });
  const outcomes = checks.map((check): Outcome => {
    const { name, rule, level, tries } = check;
    const repeat = `${command} --check ${name}`;
    const base = {
      check: name,
      ...{ rule, level, tries, repeat },
      verdict: "passed",
      ms: 1,
    } as const;
    return { ...base, ...verdicts[name] };
  });
  const partial = select !== undefined;
  return {
    report: 1,
    suite: { hawser: "0.1.0", specification: "1.1.0" },
    of: "plugin",
    subject: { name: "x", path: "/x", kind: "ipam", versions: ["1.0.0"], by: "its name" },
    ...{ profile, seed, partial, seconds: 1, outcomes, ...more },
  };
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(
  options: ConformanceOptions,
  verdicts: Verdicts = {},
  {
    subject = "x",
    runs = [],
    more = {},
    io: own = {},
  }: {
    subject?: string;
    runs?: SuiteRun[];
    more?: Partial<Report>;
    io?: Partial<CliIo>;
  } = {},
): Promise<Answer> {
  const { io, stdout, stderr } = fakeIo([], { cwd: directory, ...own });
  const given = suites(verdicts, runs, more);
  const code = await runConformance(io, "plugin", subject, options, given);
  return { code, stdout: stdout(), stderr: stderr() };
}

function names({ outcomes }: Report): string[] {
  return outcomes.map((outcome) => outcome.check);
}

async function ran(options: ConformanceOptions): Promise<string[]> {
  const { stdout } = await check({ ...options, json: true });
  const report = JSON.parse(stdout) as Report & JsonObject;
  expect(answerProblems(report)).toEqual([]);
  return names(report);
}

describe("exit codes", () => {
  test("0 without findings, and for a SHOULD; 1 for a MUST, and for a SHOULD with --strict", async () => {
    expect((await check({})).code).toBe(0);
    expect((await check({}, { advises: FAILED })).code).toBe(0);
    expect((await check({ strict: true }, { advises: FAILED })).code).toBe(1);
    expect((await check({}, { passes: FAILED })).code).toBe(1);
  });

  test("2 for a wrong call, 3 where this machine or the suite fails, each said", async () => {
    expect(await check({}, {}, { subject: "absent" })).toEqual({
      ...{ code: 2, stdout: "", stderr: "error: there is no absent\n" },
    });
    expect(await check({}, {}, { subject: "unfit" })).toEqual({
      ...{ code: 3, stdout: "", stderr: "error: no namespaces here\n" },
    });
    const bug = await check({ json: true }, {}, { subject: "bug" });
    expect([bug.code, JSON.parse(bug.stdout)]).toEqual([
      3,
      { error: { code: 999, msg: "the suite itself failed: undefined is no function" } },
    ]);
    const broken = { verdict: "broken", reason: "no world" } as const;
    expect((await check({}, { passes: broken })).code).toBe(3);
  });

  test("130 and 143 for a run that was interrupted, with what is known so far", async () => {
    for (const [reason, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const more = { partial: true, gaveUp: "interrupted" };
      const io = { signal: AbortSignal.abort(reason) };
      const answer = await check({ known: "known", writeKnown: true }, {}, { more, io });
      expect([answer.code, existsSync(join(directory, "known"))]).toEqual([code, false]);
      expect(answer.stdout).toContain(
        "Only a part of the suite ran, and was given up: interrupted",
      );
    }
  });
});

describe("which checks run", () => {
  test("those of the profile, or those that the options have in common", async () => {
    expect(await ran({})).toEqual(["passes", "fails@0.4.0", "fails@1.0.0", "advises"]);
    expect(await ran({ profile: "full" })).toHaveLength(5);
    expect(await ran({ check: ["fails"] })).toEqual(["fails@0.4.0", "fails@1.0.0"]);
    expect(await ran({ check: ["fails@1.0.0", "passes"] })).toEqual(["passes", "fails@1.0.0"]);
    expect(await ran({ rule: ["R38", "R102"] })).toEqual(["advises", "thorough"]);
    expect(await ran({ section: ["5"] })).toEqual(["thorough"]);
    expect(await ran({ section: ["2"], rule: ["R38"] })).toEqual(["advises"]);
  });

  const refused: [options: ConformanceOptions, told: string][] = [
    [{ check: ["pases"] }, "there is no check pases; did you mean passes? there are: advises"],
    [{ check: ["fails@9"] }, "there is no check fails@9"],
    [{ rule: ["R1"] }, "no check here tries R1; there are checks of R38, R48, R102"],
    [{ section: ["4"] }, "no check is in all that the options name"],
    [{ rule: ["R102"], profile: "quick" }, "no check is in all that the options name"],
    [{ json: true, tap: true }, "one of --json and --tap, not both"],
    [{ subject: "nowhere.json" }, "nowhere.json: cannot be read: ENOENT"],
    [{ subject: "bad.json" }, 'bad.json: it has no key "knd"; it knows kind'],
    [{ known: "nowhere" }, "nowhere: cannot be read: ENOENT"],
    [{ known: "bad.json" }, "bad.json: line 1: write check | what came of it | reason"],
    [{ writeKnown: true }, "--write-known needs --known <file>"],
    [{ writeKnown: true, known: "k", rule: ["R48"] }, "--write-known without --rule"],
    [{ writeKnown: true, known: "k", bail: true }, "--write-known without --bail"],
  ];
  test.each(refused)("%j is refused, for programs too", async (options, told) => {
    writeFileSync(join(directory, "bad.json"), '{"knd":"ipam"}');
    const { code, stderr, stdout } = await check(options);
    expect(code).toBe(2);
    expect(`${stderr}${stdout}`).toContain(told);
    const json = await check({ ...options, json: true });
    const { error } = JSON.parse(json.stdout) as { error: { msg: string; usage: boolean } };
    expect([json.code, json.stderr, error.usage]).toEqual([2, "", true]);
  });

  test("the list runs nothing, of all profiles or of one", async () => {
    const runs: SuiteRun[] = [];
    const { io, stdout } = fakeIo([], { cwd: directory });
    const code = await runConformance(io, "plugin", undefined, { list: true }, suites({}, runs));
    expect([code, runs.length]).toEqual([0, 0]);
    expect(stdout()).toContain("5 checks");
    const quick = await check({ list: true, json: true, profile: "quick" });
    const answer = JSON.parse(quick.stdout) as JsonObject & { checks: { check: string }[] };
    expect(answerProblems(answer)).toEqual([]);
    const { checks } = answer;
    expect(checks.map((one) => one.check)).not.toContain("thorough");
  });
});

test("the seed is the one given, else another each time, and always printed", async () => {
  const runs: SuiteRun[] = [];
  const { stdout } = await check({ seed: 7, timeout: 500, strict: true }, {}, { runs });
  await check({}, {}, { runs });
  await check({}, {}, { runs });
  expect(stdout).toContain("seed 7");
  expect(runs[0]).toMatchObject({ seed: 7, timeoutMs: 500 });
  expect(runs[1]?.seed).not.toBe(runs[2]?.seed);
  expect(runs[0]?.command).toBe(
    "/nowhere/hawser conformance plugin x --timeout 500ms --strict --seed 7",
  );
});

test("bail ends a run by what counts alone", async () => {
  writeFileSync(join(directory, "known"), "profile: quick\nfails@* | * | why\n");
  const runs: SuiteRun[] = [];
  await check({ bail: true, known: "known" }, {}, { runs });
  const outcome: Outcome = {
    ...{ check: "passes", rule: "R48", level: "MUST", tries: "", verdict: "passed" },
    ...{ repeat: "", ms: 1 },
  };
  const ends = (more: Partial<Outcome>): boolean | undefined => {
    return runs[0]?.bail?.({ ...outcome, ...more });
  };
  expect(ends({})).toBe(false);
  expect(ends(FAILED)).toBe(true);
  expect(ends({ ...FAILED, level: "SHOULD" })).toBe(false);
  expect(ends({ ...FAILED, check: "fails@1.0.0" })).toBe(false);
});

describe("known failures", () => {
  const FAILING: Verdicts = { "fails@0.4.0": FAILED, "fails@1.0.0": FAILED };

  test("are written by a whole run, need reasons, and then fail nothing, with another MAC too", async () => {
    const first = await check({ known: "known", writeKnown: true }, FAILING);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain("known: 2 known failures; 2 of them need a reason");
    const text = readFileSync(join(directory, "known"), "utf8");
    expect(text).toContain("profile: quick\n");
    expect(text).toContain("fails@0.4.0 | expected success; came exit code 3, mac <mac> | ?\n");
    expect((await check({ known: "known" }, FAILING)).code).toBe(1);
    writeFileSync(join(directory, "known"), text.replaceAll("| ?", "| upstream's 7"));
    const finding = { expected: "success", came: "exit code 3, mac 22:22:22:22:22:22" };
    const other = { ...FAILED, finding };
    const second = await check({ known: "known" }, { "fails@0.4.0": other, "fails@1.0.0": other });
    expect([second.code, second.stderr]).toEqual([0, ""]);
    expect(second.stdout).toContain("2 × upstream's 7 (fails@0.4.0, fails@1.0.0)");
    const again = await check({ known: "known", writeKnown: true }, FAILING);
    expect([again.code, again.stderr]).toEqual([0, "known: 2 known failures\n"]);
    expect(readFileSync(join(directory, "known"), "utf8")).toContain("| upstream's 7\n");
  });

  test("that are no longer true fail the run, in each form of report", async () => {
    writeFileSync(join(directory, "known"), "profile: quick\npasses | * | why\n");
    const { code, stdout } = await check({ known: "known" });
    expect(code).toBe(1);
    expect(stdout).toContain("line 2: passes: it passes now");
    const json = JSON.parse((await check({ known: "known", json: true })).stdout) as object;
    expect(json).toMatchObject({ exitCode: 1, outOfDate: [{ line: 2, check: "passes" }] });
    const points = parseTap((await check({ known: "known", tap: true })).stdout);
    expect(points.at(-1)).toMatchObject({ ok: false, number: 5 });
  });

  test("belong to a profile", async () => {
    writeFileSync(join(directory, "known"), "profile: full\nthorough | * | why\n");
    const { code, stderr } = await check({ known: "known" });
    expect([code, stderr]).toEqual([
      2,
      "error: known is the list of the profile full, and this run is of quick: add --profile full\n",
    ]);
    const verdicts = { thorough: FAILED };
    expect((await check({ known: "known", profile: "full" }, verdicts)).code).toBe(0);
    expect((await check({ known: "known", check: ["thorough"] }, verdicts)).code).toBe(0);
    expect((await check({ known: "known", check: ["passes"] }, verdicts)).code).toBe(0);
  });

  test("are left as they were when the run was no whole one", async () => {
    const before = "profile: quick\nfails@* | * | why\n";
    writeFileSync(join(directory, "known"), before);
    const options = { known: "known", writeKnown: true };
    const more = { partial: true, gaveUp: "the subject hung 3 times" };
    const given = await check(options, FAILING, { more });
    expect([given.code, given.stderr]).toEqual([
      1,
      "error: known is left as it was: only a part ran (the subject hung 3 times)\n",
    ]);
    const broken = { passes: { verdict: "broken", reason: "no world" }, ...FAILING } as const;
    const other = await check(options, broken);
    expect([other.code, other.stderr]).toEqual([
      3,
      "error: known is left as it was: the suite could not run all checks\n",
    ]);
    expect(readFileSync(join(directory, "known"), "utf8")).toBe(before);
  });
});

test("reports go to files beside the text; the summary is one line", async () => {
  const answer = await check({ report: "out.json", junit: "out.xml" }, { passes: FAILED });
  expect(answer.stdout).toContain("✗ R48 MUST");
  const json = JSON.parse(readFileSync(join(directory, "out.json"), "utf8")) as Report;
  expect(names(json)).toHaveLength(4);
  const xml = parseXml(readFileSync(join(directory, "out.xml"), "utf8"));
  expect(elements(xml, "failure")).toHaveLength(1);
  expect((await check({ summary: true })).stdout).toBe(
    "CNI 1.1.0 conformance (hawser 0.1.0, quick): 4 passed, 0 failed, 0 skipped; 1 version\n",
  );
});

test("a report that cannot be written is refused before anything runs", async () => {
  const runs: SuiteRun[] = [];
  const { code, stdout, stderr } = await check({ report: "no/such.json" }, {}, { runs });
  expect([code, stdout, runs.length]).toEqual([2, "", 0]);
  expect(stderr).toContain(`${directory}/no/such.json cannot be written: `);
});

describe("what is no executable is refused before it is run", () => {
  const { io } = fakeIo([], { cwd: directory });
  const file = (name: string, content: string | Uint8Array, mode = 0o755): string => {
    writeFileSync(join(directory, name), content);
    chmodSync(join(directory, name), mode);
    return name;
  };

  test("and what is one is taken", () => {
    const path = join(directory, "good");
    expect(executablePath(io, file("good", "#!/bin/sh\n"))).toBe(path);
    expect(executablePath(io, path)).toBe(path);
    expect(executablePath(io, "/bin/sh")).toBe("/bin/sh");
  });

  test.each<[name: string, given: () => string, told: string]>([
    ["a directory", () => ".", "is a directory, not an executable"],
    ["nothing", () => "nothing\u001b[31m", "nothing\\u001b[31m"],
    ["a device", () => "/dev/null", "/dev/null is no file"],
    ["a file in a file", () => "/bin/sh/x", "cannot be reached (ENOTDIR)"],
    [
      "a file without the bit",
      () => file("plain", "#!/bin/sh\n", 0o644),
      "is not executable: chmod +x",
    ],
    ["a text", () => file("text", "echo hello\n"), 'does not begin with "#!"'],
    ["an empty file", () => file("empty", ""), 'does not begin with "#!"'],
    [
      "no interpreter",
      () => file("lost", "#! /no/such -x\n"),
      'its interpreter "/no/such" is not there',
    ],
    ["a script of Windows", () => file("crlf", "#!/bin/sh\r\n"), 'interpreter "/bin/sh\\r" is not'],
    ["a nameless interpreter", () => file("nameless", "#!\n"), 'its interpreter "" is not there'],
  ])("%s", (_, given, told) => {
    expect(() => executablePath(io, given())).toThrow(told);
  });

  test("what a world hides is said", () => {
    const name = file("seen", "#!/bin/sh\n");
    expect(() => executablePath(io, name, [directory])).toThrow(`${directory} is empty or another`);
  });
});
