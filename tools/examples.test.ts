import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docProblems, type Example, examplesOf, pageExamples } from "./api/docs.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { needsNamespace, problemOf } from "./api/run-example.ts";
import { ROOT } from "./test/files.ts";
import { inParallel, run } from "./test/process.ts";

/** The documentation comments of the npm package's doors, and the examples in them. */

const doors = readDoors();
const examples = doors.flatMap((door) => examplesOf(door.name, exportsOf(door, doors)));

test("every export is documented, and every function and class has an example", () => {
  expect(doors.map(({ name }) => name)).toContain("hawser/spec");
  expect(doors.flatMap((door) => docProblems(door.name, exportsOf(door, doors)))).toEqual([]);
});

test("every example does what it says", async () => {
  const here = examples.filter((example) => !needsNamespace(example));
  expect(here.length).toBeGreaterThan(50);
  const problems = await inParallel(here, 2, (example) => problemOf(example, doors));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
}, 120_000);

test("the example of the README does what it says", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, code = ""] = /^```ts\n(.*?)^```/ms.exec(readme) ?? [];
  expect(await problemOf({ name: "README.md", code }, doors)).toBeUndefined();
}, 60_000);

test("the examples of the package's page do what they say", async () => {
  const here = pageExamples().filter((example) => !needsNamespace(example));
  const problems = await inParallel(here, 2, (example) => problemOf(example, doors));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
}, 60_000);

test("the compiler takes every example, and no wrong one", async () => {
  const wrong: Example = {
    name: "wrong",
    code: 'import { LATEST } from "hawser/spec";\n+LATEST();',
  };
  expect(await compile([...examples, ...pageExamples(), wrong])).toMatch(
    /^\S*\b\d+\.ts\(3,2\): error TS2349:.*\n?.*\n?$/,
  );
}, 60_000);

describe("a broken example is caught", () => {
  const cases: [problem: string, code: string][] = [
    ["Expected values to be strictly deep-equal", "1 + 1; // → 3"],
    ["Expected values to be strictly deep-equal", "({ a: 1 }); // → { a: 1, b: 2 }"],
    ["nothing was thrown", 'JSON.parse("1"); // throws SyntaxError'],
    ["TypeError: no", 'throw new TypeError("no");\n1; // → 1'],
    ["exit code 0", "if (1 > 2) {\n  1; // → 1\n}"],
    ["exit code 0", "1; // → 1\nprocess.exit(0);"],
    ["states no expectation", "const two = 2;"],
    ["no statement ends right before", "const two = 2; // → 2"],
    ["cannot be parsed", "const = 2; // → 2"],
    ["names its cacheDir", "new Runtime({ pluginDirs: [] }); // → 1"],
    ["not found in module", 'import { nothing } from "hawser/spec";\nnothing; // → 1'],
  ];
  test.each(cases)("%s: %s", async (problem, code) => {
    expect(await outcomeOf({ name: "example", code })).toContain(problem);
  });
});

test("a good example is let through", async () => {
  const code = [
    'import { parseArgs } from "hawser/spec";',
    "for (const _ of [1]) {",
    '  parseArgs("A=1"); // → [["A", "1"]]',
    "}",
    'parseArgs("A"); // throws CniError 4: invalid',
  ].join("\n");
  expect(await outcomeOf({ name: "example", code })).toBe("fine");
});

/** A problem, whether it was found before the run or by it. */
async function outcomeOf(example: Example): Promise<string> {
  try {
    return (await problemOf(example, doors)) ?? "fine";
  } catch (error) {
    return String(error);
  }
}

/** What the compiler says of examples. */
async function compile(all: readonly Example[]): Promise<string> {
  const dir = join(ROOT, "node_modules/.cache/hawser/examples");
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const [index, { name, code }] of all.entries()) {
    writeFileSync(join(dir, `${index}.ts`), `// ${name}\n${code}\nexport {};\n`);
  }
  const paths = doors.map(({ name, path }) => [name, [join(ROOT, path)]] as const);
  const compilerOptions = {
    paths: Object.fromEntries(paths),
    types: ["bun"],
    noEmit: true,
    isolatedDeclarations: false,
    declaration: false,
  };
  const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
  const argv = [join(ROOT, "node_modules/.bin/tsc"), "--pretty", "false", "-p", dir];
  return (await run(argv, { cwd: ROOT, timeoutSeconds: 60 })).output;
}
