import { expect, test } from "bun:test";
import { parseJunit } from "./junit.ts";

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

test("each test case is one outcome, with its groups from the outside in", () => {
  expect(parseJunit(REPORT)).toEqual([
    { file: "a.test.ts", name: "plain", status: "passed" },
    { file: "a.test.ts", name: "skip", status: "skipped" },
    { file: "a.test.ts", name: 'outer & <x> > in > fails "q"', status: "failed" },
    { file: "a.test.ts", name: "outer & <x> > in > later", status: "skipped" },
  ]);
});
