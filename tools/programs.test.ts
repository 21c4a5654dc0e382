import { expect, test } from "bun:test";
import { programProblems } from "./programs.ts";
import { readSources } from "./sources.ts";

test("case L8, kind: no test starts a program that may be missing without asking for it", async () => {
  const tests = [
    ...(await readSources(["src", "tools"], "**/*.test.ts")),
    ...(await readSources(["tests", "bench", "examples"])),
  ];
  expect(tests.length).toBeGreaterThan(0);
  const others = tests.filter(({ path }) => path !== "tools/programs.test.ts");
  expect(others.flatMap(programProblems)).toEqual([]);
});

test.each([
  ['Bun.spawn(["nft", "monitor"])', "x.test.ts:1: nft"],
  ['\nexecFileSync("conntrack", [])', "x.test.ts:2: conntrack"],
  ['Bun.spawn(startable(["nft"]))', undefined],
  ['Bun.spawnSync(["sh", "-c", "true"])', undefined],
  ['must(["nft", "list"])', undefined],
])("%s", (text, problem) => {
  const [first] = programProblems({ path: "x.test.ts", text });
  if (problem === undefined) expect(first).toBeUndefined();
  else expect(first).toStartWith(problem);
});
