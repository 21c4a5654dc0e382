import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { answerProblems } from "../../../tests/support/json-schema.ts";
import type { JsonObject } from "../../spec/index.ts";
import { runHawser } from "../index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-cli-"));
  mkdirSync(join(dir, "net.d"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const GOOD = `{
  "cniVersion": "1.0.0",
  "name": "good",
  "plugins": [{ "type": "loopback" }]
}
`;

const WRONG = `{
\t"cniVersion": "1.0.0",
\t"name": "wide 漢字",
\t"plugins": [
\t\t{ "type": "bridge", "isGatway": true },
\t]
}
`;

function put(name: string, text: string): string {
  const file = join(dir, "net.d", name);
  writeFileSync(file, text);
  return file;
}

async function run(
  words: readonly string[],
  columns?: number,
): Promise<{ code: number; out: string; err: string }> {
  const { io, stdout, stderr } = fakeIo(["validate", ...words], { cwd: dir });
  const wide = columns === undefined ? io : { ...io, stdout: { ...io.stdout, columns } };
  const code = await runHawser(wide);
  return { code, out: stdout(), err: stderr() };
}

test("findings show their place, the line with the text underlined, and what to do", async () => {
  put("10.conflist", WRONG);
  expect(await run(["net.d/10.conflist"])).toEqual({
    code: 1,
    err: "",
    out: `net.d/10.conflist:3:10: error: "wide 漢字" cannot be the name of a network [impossible-value]
   3 |     "name": "wide 漢字",
     |             ^^^^^^^^^^^
  to do: it begins with a letter or a digit, and goes on with these, dots, hyphens and underscores
net.d/10.conflist:5:23: error: bridge has no key "isGatway": did you mean "isGateway"? [unknown-key]
   5 |         { "type": "bridge", "isGatway": true },
     |                             ^^^^^^^^^^
  to do: write "isGateway" (--fix does)
net.d/10.conflist:5:41: error: a comma before "]" [trailing-comma]
   5 |         { "type": "bridge", "isGatway": true },
     |                                               ^
  to do: remove the comma: JSON has none behind the last value (--fix does)
3 errors in 1 file; --fix mends 2
`,
  });
});

test("on a narrow terminal a long line is cut around what is meant", async () => {
  const long = `{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"loopback","${"x".repeat(60)}":1}]}`;
  put("10.conflist", long);
  const { out } = await run(["net.d/10.conflist"], 60);
  const [, line = "", marks = ""] = out.split("\n");
  expect(Bun.stringWidth(line)).toBeLessThanOrEqual(60);
  expect(line).toContain("…");
  expect(line.indexOf('"xxx')).toBe(marks.indexOf("^"));
});

test("a directory says what each runtime takes, and a good one ends with 0", async () => {
  put("10.conflist", GOOD);
  const { code, out } = await run(["net.d"]);
  expect(code).toBe(0);
  expect(out).toBe(`what runtimes take from net.d:
  containerd 10.conflist (network good): first by name; max_conf_num of its configuration, 1 by default, says how many more
  CRI-O      10.conflist (network good): first by name, unless cni_default_network names another
  podman     nothing: no .conflist is of its default network "podman"; by --network: good
nothing found in 1 file
`);
});

test("escapes of terminals in a file are printed as text", async () => {
  put("10.conflist", GOOD.replace("good", "\u001b[31m"));
  const { out } = await run(["net.d/10.conflist"]);
  expect(out).not.toContain("\u001b");
  expect(out).toContain("\\u001b[31m");
});

test("exit codes: warnings count with --strict, and 3 says that there was nothing", async () => {
  put("10.conflist", `// ours\n${GOOD}`);
  expect((await run(["net.d"])).code).toBe(0);
  expect((await run(["net.d", "--strict"])).code).toBe(1);
  mkdirSync(join(dir, "empty"));
  const empty = await run(["empty"]);
  expect(empty.code).toBe(3);
  expect(empty.err).toContain(`nothing to judge in ${dir}/empty`);
  const typo = await run(["net.d/11.conflist"]);
  expect(typo.code).toBe(3);
  expect(typo.err).toContain("did you mean 10.conflist?");
  expect((await run(["--dry-run"])).code).toBe(2);
  expect((await run(["--format", "xml"])).code).toBe(2);
});

test("without a path the directory of networks is judged", async () => {
  put("10.conflist", WRONG);
  const { code, out } = await run(["--conf-dir", join(dir, "net.d"), "--no-node"]);
  expect(code).toBe(1);
  expect(out).toContain("what runtimes take from net.d:");
});

test("--fix --dry-run prints a difference and writes nothing; --fix writes it", async () => {
  const file = put("10.conflist", WRONG);
  const dry = await run(["--fix", "--dry-run", "net.d"]);
  expect(dry.out).toContain(
    '-\t\t{ "type": "bridge", "isGatway": true },\n+\t\t{ "type": "bridge", "isGateway": true }\n',
  );
  expect(readFileSync(file, "utf8")).toBe(WRONG);
  const { code, out } = await run(["--fix", "net.d"]);
  expect(out).toStartWith(`mended ${file}: unknown-key, trailing-comma\n`);
  expect(out).not.toContain("isGatway");
  expect(code).toBe(1);
  expect(readFileSync(file, "utf8")).toContain('"isGateway": true }\n');
});

test("--json is as docs/cli.schema.json has it", async () => {
  put("10.conflist", WRONG);
  put("20.conflist", GOOD);
  for (const words of [["net.d"], ["--fix", "--dry-run", "net.d"], ["--rules"], ["nowhere"]]) {
    const { out } = await run([...words, "--json"]);
    const answer = JSON.parse(out) as JsonObject;
    expect(answer["operation"]).toBe("VALIDATE");
    expect(answerProblems(answer)).toEqual([]);
  }
  const { out } = await run(["net.d", "--json"]);
  expect(JSON.parse(out)).toMatchObject({
    counts: { errors: 3, warnings: 0, notes: 0 },
    findings: [
      { name: "impossible-value", severity: "error", line: 3, column: 10, length: 9 },
      { name: "unknown-key", fix: [{ text: '"isGateway"' }] },
      { name: "trailing-comma" },
    ],
    directories: [{ runtimes: [{ runtime: "containerd", stopped: true }, {}, {}] }],
  });
});

test("--format github prints what a workflow's runner reads", async () => {
  put("10.conflist", WRONG);
  const { out } = await run(["net.d", "--format", "github"]);
  expect(out.split("\n")[1]).toBe(
    '::error file=net.d/10.conflist,line=5,col=23,endColumn=33,title=hawser unknown-key::bridge has no key "isGatway": did you mean "isGateway"?; to do: write "isGateway"',
  );
});

test("--format sarif has every rule and each finding's region", async () => {
  put("10.conflist", WRONG);
  const { out } = await run(["net.d", "--format", "sarif"]);
  const log = JSON.parse(out) as {
    version: string;
    runs: { results: object[]; tool: { driver: { rules: object[] } } }[];
  };
  expect(log.version).toBe("2.1.0");
  expect(log.runs[0]?.tool.driver.rules.length).toBeGreaterThan(40);
  expect(log.runs[0]?.results[1]).toMatchObject({
    ruleId: "unknown-key",
    level: "error",
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "net.d/10.conflist" },
          region: { startLine: 5, startColumn: 23, endColumn: 33 },
        },
      },
    ],
  });
});

test("--rules names each rule and what it means", async () => {
  const { code, out } = await run(["--rules"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^trailing-comma +error +A comma stands behind the last value\.$/m);
});
