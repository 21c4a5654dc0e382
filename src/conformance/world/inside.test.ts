import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { below } from "./inside.ts";
import { damageOf } from "./mounts.ts";

const root = mkdtempSync(join(tmpdir(), "inside-"));
afterAll(() => rmSync(root, { recursive: true }));

mkdirSync(join(root, "run/deep"), { recursive: true });
const LINKS: Readonly<Record<string, string>> = {
  absolute: "/etc/passwd",
  relative: "run/deep",
  up: "../../../../etc",
  "run/to": "/run/deep",
  "run/back": "../run/./deep",
  loop: "loop",
};
for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(root, name));

test("a path stays below the root, whatever links lie on its way", () => {
  const cases: [path: string, there: string][] = [
    ["/run/deep/x", "run/deep/x"],
    ["/not/there/yet", "not/there/yet"],
    ["/absolute", "etc/passwd"],
    ["/relative/x", "run/deep/x"],
    ["/up/x", "etc/x"],
    ["/run/to/x", "run/deep/x"],
    ["/run/back", "run/deep"],
    ["/../../../etc/passwd", "etc/passwd"],
    ["/", ""],
  ];
  for (const [path, there] of cases) expect(below(root, path)).toBe(`${root}/${there}`);
  expect(() => below(root, "/loop/x")).toThrow("/loop/x leads through too many links");
});

test("a mount that is gone or writable is a damage, another one is none", () => {
  const before = new Map([
    ["1", { at: "/", isWritable: false }],
    ["2", { at: "/run", isWritable: true }],
  ]);
  const more = new Map([...before, ["3", { at: "/mnt", isWritable: true }] as const]);
  expect(damageOf(before, more)).toBeUndefined();
  const spoilt = new Map([["1", { at: "/", isWritable: true }]]);
  expect(damageOf(before, spoilt)).toBe("/ was made writable, /run was unmounted");
});
