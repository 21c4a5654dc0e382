import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breaks, mayBreak, RELEASED_PATH, releasedText, releasedVersion } from "./api/breaks.ts";
import { docProblems } from "./api/docs.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { report, reportPath } from "./api/report.ts";
import { ROOT } from "./test/files.ts";
import { inScratch } from "./test/process.ts";

const doors = readDoors();

describe("the report of the public API is up to date (else: npm run api)", () => {
  test.each(doors)("$name", (door) => {
    const path = join(ROOT, reportPath(door));
    const written = existsSync(path) ? readFileSync(path, "utf8") : "";
    expect(report(door, exportsOf(door, doors))).toBe(written);
  });

  test("no report is left of a door that has gone", () => {
    const paths = readdirSync(join(ROOT, "api")).map((name) => `api/${name}`);
    expect(paths.sort()).toEqual([...doors.map(reportPath), RELEASED_PATH].sort());
  });
});

describe("the promise of semver", () => {
  const released = readFileSync(join(ROOT, RELEASED_PATH), "utf8");
  const current = doors.map((door) => report(door, exportsOf(door, doors)));
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    version: string;
  };

  test("nothing is broken that the last release has promised (else: step the version)", () => {
    const found = mayBreak(version, releasedVersion(released)) ? [] : breaks(released, current);
    expect(found).toEqual([]);
  });

  test("which step of the version may break something", () => {
    expect(mayBreak("0.1.0", "0.1.0")).toBe(false);
    expect(mayBreak("0.1.9", "0.1.0")).toBe(false);
    expect(mayBreak("0.2.0", "0.1.7")).toBe(true);
    expect(mayBreak("1.0.0", "0.9.0")).toBe(true);
    expect(mayBreak("1.9.0", "1.0.0")).toBe(false);
    expect(mayBreak("2.0.0", "1.9.3")).toBe(true);
  });

  const DELIBERATE: [change: string, from: RegExp, to: string, problem: string][] = [
    [
      "a function that is gone",
      /export function printArgs\([\s\S]*?\n\n/,
      "",
      "hawser/spec printArgs is gone",
    ],
    [
      "another type of a parameter",
      /export function errnoName\(errno: number\)/,
      "export function errnoName(errno: bigint)",
      "hawser/netlink errnoName is another: it had `export function errnoName(errno: number): string`",
    ],
    [
      "a function that is gone and has another name outside",
      /\n\n\/\/ link\.\nfunction remove\([\s\S]*?\nexport \{ delete \}/,
      "",
      "hawser/netlink link.delete is gone",
    ],
    [
      "another type of a parameter of such a one",
      /(\n\n\/\/ link\.\nfunction remove\(socket: RouteSocket, target: )LinkTarget/,
      "$1number",
      "hawser/netlink link.delete is another: it had `function remove(socket: RouteSocket, target: LinkTarget): void`",
    ],
    [
      "a method that is gone",
      /\n {2}previous\(\): Ip/,
      "",
      "hawser/addr Ip is another: it had `previous(): Ip`",
    ],
    [
      "a key that has to be given now",
      /(export interface RouteSpec extends Hop \{)/,
      "$1\n  readonly must: number;",
      "hawser/netlink route.RouteSpec is another",
    ],
    [
      "an optional key that is gone",
      /(export interface RouteSpec extends Hop \{[^}]*?)\n {2}readonly mtu\?: [^\n]*/,
      "$1",
      "hawser/netlink route.RouteSpec is another: it had `readonly mtu?: number | undefined;`",
    ],
    [
      "a key of what an export is made of and no door exports",
      /(\ninterface ForwardingTable \{[^}]*?)\n {2}readonly vni\?: [^\n]*/,
      "$1",
      "hawser/netlink neighbour.Forwarding is another: it had `readonly vni?: number;`",
    ],
    [
      "a name of a list that a type is made of",
      /(export type PluginType [\s\S]*?)\n {2}"vrf",/,
      "$1",
      "hawser/plugins PluginType is another",
    ],
  ];
  test.each(DELIBERATE)("a deliberate break is refused: %s", (_, from, to, problem) => {
    const changed = current.map((text) => text.replace(from, to));
    expect(changed).not.toEqual(current);
    const before = releasedText("0.1.0", current);
    expect(breaks(before, changed).join("\n")).toStartWith(problem);
    expect(breaks(before, changed)).toHaveLength(1);
  });

  const ADDED: [change: string, from: RegExp, to: string][] = [
    ["a function", /$/, "\nexport function more(): void\n"],
    ["a method", /(\n {2}previous\(\): Ip)/, "$1\n  twice(): Ip"],
    [
      "a key that may be left out",
      /(export interface RouteSpec extends Hop \{)/,
      "$1\n  readonly may?: number;",
    ],
    [
      "a parameter that may be left out",
      /export function errnoName\(errno: number\)/,
      "export function errnoName(errno: number, upper?: boolean)",
    ],
    [
      "a key of what no door exports",
      /(\ninterface ForwardingTable \{)/,
      "$1\n  readonly may?: number;",
    ],
    [
      "an export of what stood behind another one",
      /\n(interface ForwardingTable \{[^}]*\})/,
      "\n\n// neighbour.\nexport $1",
    ],
  ];
  test.each(ADDED)("an addition is no break: %s", (_, from, to) => {
    const changed = current.map((text) => text.replace(from, to));
    expect(changed).not.toEqual(current);
    expect(breaks(releasedText("0.1.0", current), changed)).toEqual([]);
  });
});

/** A package of two doors in a directory of its own. */
async function inPackage<T>(
  files: Readonly<Record<string, string>>,
  use: (root: string) => T,
): Promise<T> {
  return await inScratch(async (root) => {
    mkdirSync(join(root, "src/a"), { recursive: true });
    mkdirSync(join(root, "src/b"), { recursive: true });
    const exports = {
      "./a": { default: "./dist/npm/a/index.js" },
      "./b": { default: "./dist/npm/b/index.js" },
      "./package.json": "./package.json",
    };
    writeFileSync(join(root, "package.json"), JSON.stringify({ exports }));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, "src", path), text);
    return await Promise.resolve(use(root));
  });
}

const FILES = {
  "a/index.ts": 'export { f, Box } from "./f.ts";\n',
  "a/f.ts": `
/** Adds. */
export function f(one: number): number { return one; }
export class Box {
  readonly size: number = 1; // in bytes
  readonly #secret = 2;
  /** Opens. */
  open(): void { this.#secret; }
  shut(): void {}
}
`,
  "b/index.ts": 'export { f as g } from "../a/index.ts";\nexport { x } from "lib";\n',
};

const RENAMED = {
  ...FILES,
  "a/index.ts": 'export { f as h, Box } from "./f.ts";\n',
  "b/index.ts": 'export { h as g } from "../a/index.ts";\n',
};

/** Of a door whose exports are made of what it does not export. */
const BEHIND = {
  "a/index.ts": 'export { f, Box } from "./f.ts";\nexport * as whole from "./whole.ts";\n',
  "a/f.ts": `
import type { Base as Root } from "./kept.ts";
import { whole } from "./index.ts";
/** In bytes. */
interface Size extends Root { readonly size?: whole.Unit; }
const UNITS = ["byte", "bit"] as const;
type Unit = (typeof UNITS)[number];
class Hidden {}
export function f(size: Size, unit: Unit = new Hidden()): Promise<Box> { return new Hidden(); }
export const Box: Root = f({ size: 1 });
export interface Box {}
`,
  "a/kept.ts": "export interface Base { readonly of: string; }\n",
  "a/whole.ts": "export type Unit = 1;\n",
  "b/index.ts": 'export { f } from "../a/index.ts";\n',
};

test("what a report shows: declarations without bodies, comments and secrets", async () => {
  await inPackage(FILES, (root) => {
    const found = readDoors(root);
    expect(found.map(({ name }) => name)).toEqual(["hawser/a", "hawser/b"]);
    const [a, b] = found.map((door) => report(door, exportsOf(door, found, root)));
    const box = "export class Box {\n  readonly size: number;\n  open(): void\n  shut(): void\n}";
    expect(a).toEndWith(`\n\n${box}\n\nexport function f(one: number): number\n`);
    expect(b).toEndWith('\n\nexport { g } from "hawser/a"\n\nexport { x } from "lib"\n');
  });
});

test("… and by which name they are exported: another one is a break", async () => {
  const first = (root: string): string[] => {
    const [door] = readDoors(root);
    return door === undefined ? [] : [report(door, exportsOf(door, readDoors(root), root))];
  };
  const before = await inPackage(FILES, first);
  const now = await inPackage(RENAMED, first);
  expect(now[0]).toEndWith("\n\nfunction f(one: number): number\nexport { h }\n");
  expect(breaks(releasedText("0.1.0", before), now)).toEqual(["hawser/a f is gone"]);
});

test("… and what no door exports and is seen through them, without the code of values", async () => {
  await inPackage(BEHIND, (root) => {
    const found = readDoors(root);
    const [a, b] = found.map((door) => report(door, exportsOf(door, found, root)));
    expect(a?.split("\n\n").slice(1).join("\n--\n")).toBe(`\
export const Box: Root;
export interface Box {}
interface Base { readonly of: string; }
--
export function f(size: Size, unit: Unit = new Hidden()): Promise<Box>
interface Size extends Root { readonly size?: whole.Unit; }
type Unit = (typeof UNITS)[number];
interface Base { readonly of: string; }
const UNITS = ["byte", "bit"] as const;
--
// whole.
export type Unit = 1;
`);
    expect(b).toEndWith('\n\nexport { f } from "hawser/a"\n');
  });
});

test("what documentation lacks is told, once", async () => {
  await inPackage(FILES, (root) => {
    const found = readDoors(root);
    const problems = found.flatMap((door) => docProblems(door.name, exportsOf(door, found, root)));
    expect(problems).toEqual([
      "hawser/a: Box has no documentation",
      "hawser/a: Box.shut has no documentation",
      "hawser/a: Box has no example",
      "hawser/a: f has no example",
    ]);
  });
});

test("a name that a door promises and nobody declares is an error", async () => {
  await inPackage({ ...FILES, "a/f.ts": "export const f = 1;\n" }, (root) => {
    const found = readDoors(root);
    expect(() => found.map((door) => exportsOf(door, found, root))).toThrow("does not export Box");
  });
});
