import { expect, test } from "bun:test";
import { lacksProgram, parseJunit } from "./junit.ts";

// As `bun test --reporter=junit` of Bun 1.4.5 writes it, shortened.
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="2" time="0.02">
  <testsuite name="a.test.ts" file="a.test.ts" tests="4">
    <testcase name="plain" classname="" time="0.0002" file="a.test.ts" line="1" assertions="0" />
    <testcase name="skip" classname="" time="0" file="a.test.ts" line="1" assertions="0">
      <skipped />
    </testcase>
    <testsuite name="outer &amp; &lt;x&gt;" file="a.test.ts" line="2">
      <testsuite name="in" file="a.test.ts" line="2">
        <testcase name="fails &quot;q&quot;" classname="in &gt; outer &amp; &lt;x&gt;" time="0.0001" file="a.test.ts" line="2">
          <failure type="AssertionError" message="one&#10;two">AssertionError: &lt;skipped /&gt;</failure>
        </testcase>
        <testcase name="later" classname="in &gt; outer &amp; &lt;x&gt;" time="0" file="a.test.ts" line="2">
          <skipped message="later" />
        </testcase>
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>`;

test("case L8: a test that misses a program is a skip by its name, and so is a file whose hook does", () => {
  // As Bun has it for an error of the class, alone and behind another one.
  const failure = (text: string): string =>
    `<failure type="TypeError" message="x">${text}&#10;      at a.test.ts:4:51&#10;</failure>`;
  const testcase = (name: string, text: string): string =>
    `<testcase name="${name}" classname="" file="a.test.ts">${failure(text)}</testcase>`;
  const report = [
    testcase("one", "MissingProgram: nft"),
    testcase("two", "TypeError: y&#10;      at a.test.ts:1:1&#10;&#10;MissingProgram: conntrack"),
    testcase("three", "Error: no MissingProgram: here"),
    testcase("(unnamed)", "MissingProgram: ip"),
  ].join("\n");
  expect(lacksProgram(report)).toBe(true);
  expect(lacksProgram(REPORT)).toBe(false);
  const named = (ci: string): string[] =>
    parseJunit(report, ci).map(({ name, status }) => `${status}: ${name}`);
  expect(named("")).toEqual([
    "skipped: one (skipped: needs nft)",
    "skipped: two (skipped: needs conntrack)",
    "failed: three",
    "skipped: all tests (skipped: needs ip)",
  ]);
  expect(named("true")[0]).toBe("failed: one: nft is missing, though `npm run setup` installs it");
});

test("each test case is one outcome, with its groups from the outside in", () => {
  expect(parseJunit(REPORT)).toEqual([
    { file: "a.test.ts", name: "plain", status: "passed" },
    { file: "a.test.ts", name: "skip", status: "skipped" },
    { file: "a.test.ts", name: 'outer & <x> > in > fails "q"', status: "failed" },
    { file: "a.test.ts", name: "outer & <x> > in > later", status: "skipped" },
  ]);
});
