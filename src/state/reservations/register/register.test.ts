import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Holder } from "../holder.ts";
import { Register } from "./register.ts";
import { HEADER_SIZE, LINE_SIZE } from "./text.ts";

const A: Holder = { kind: "attachment", containerId: "a", ifName: "eth0" };
const B: Holder = { kind: "attachment", containerId: "b", ifName: "eth0" };
const NOBODY: Holder = { kind: "vacant" };

let root = "";
let directory = "";
let file = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "register-"));
  directory = join(root, "net1");
  file = join(root, ".hawser", "net1");
  mkdirSync(directory);
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes the register anew, as after a look at every reservation. */
async function write(entries: readonly (readonly [string, Holder])[]): Promise<void> {
  using register = new Register(directory, Date.now());
  await register.rewrite(entries);
}

function find(holder: Holder): string[] | undefined {
  using register = new Register(directory, Date.now(), "r");
  return register.find(holder);
}

/** Does what a call does that adds a reservation. */
function add(holder: Holder, name: string): void {
  using register = new Register(directory, Date.now());
  writeFileSync(join(directory, name), "");
  register.note(holder, name);
  register.seal();
}

function remove(holder: Holder, name: string): void {
  using register = new Register(directory, Date.now());
  unlinkSync(join(directory, name));
  register.forget(holder, name);
  register.seal();
}

test("it knows what was noted, by whoever opens it next, and what was forgotten no more", async () => {
  expect(find(A)).toBeUndefined();
  await write([]);
  expect(find(A)).toEqual([]);
  add(A, "10.1.0.2");
  add(A, "fd00::2");
  add(B, "10.1.0.3");
  expect(find(A)).toEqual(["10.1.0.2", "fd00::2"]);
  remove(A, "10.1.0.2");
  expect(find(A)).toEqual(["fd00::2"]);
  expect(find(B)).toEqual(["10.1.0.3"]);
  expect(find(NOBODY)).toEqual([]);
});

test("the directory's time of change stays within some seconds of the truth", async () => {
  await write([]);
  add(A, "10.1.0.2");
  const age = Date.now() - statSync(directory).mtimeMs;
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(10_000);
});

describe("it knows nothing any more", () => {
  const changes: readonly (readonly [string, () => void])[] = [
    ["made a file", () => writeFileSync(join(directory, "10.1.0.9"), "")],
    ["removed one", () => unlinkSync(join(directory, "10.1.0.2"))],
    ["renamed one", () => renameSync(join(directory, "10.1.0.2"), join(directory, "10.1.0.9"))],
    [
      "put another directory in its place",
      () => {
        const aside = join(root, "aside");
        cpSync(directory, aside, { recursive: true, preserveTimestamps: true });
        rmSync(directory, { recursive: true });
        renameSync(aside, directory);
      },
    ],
    ["removed it", () => unlinkSync(file)],
    ["emptied it", () => writeFileSync(file, "")],
    ["cut it off", () => writeFileSync(file, readFileSync(file).subarray(0, HEADER_SIZE + 9))],
    ["garbled it", () => writeFileSync(file, "\0".repeat(20_000))],
    [
      "said that its table is huge",
      () => writeFileSync(file, readFileSync(file, "utf8").replace("slots=256", "slots=1e9")),
    ],
    [
      "rebooted",
      () => {
        const boot = "00000000-0000-0000-0000-000000000000";
        writeFileSync(file, readFileSync(file, "utf8").replace(/boot=\S+/, `boot=${boot}`));
      },
    ],
  ];
  test.each(changes)("after somebody %s", async (_what, change) => {
    await write([]);
    add(A, "10.1.0.2");
    expect(find(A)).toEqual(["10.1.0.2"]);
    change();
    expect(find(A)).toBeUndefined();
  });

  test("after a call that was killed before it was done", async () => {
    await write([]);
    {
      using register = new Register(directory, Date.now());
      writeFileSync(join(directory, "10.1.0.2"), "");
      register.note(A, "10.1.0.2");
    }
    expect(find(A)).toBeUndefined();
  });
});

test("it is not written where it cannot be, and says nothing then", async () => {
  writeFileSync(join(root, ".hawser"), "");
  await write([]);
  expect(find(A)).toBeUndefined();
});

test("a register that can only be read finds, and a change undoes it", async () => {
  await write([["10.1.0.2", A]]);
  chmodSync(file, 0o400);
  expect(statSync(file).mode & 0o777).toBe(0o400);
  expect(find(A)).toEqual(["10.1.0.2"]);
  {
    using register = new Register(directory, Date.now(), "r");
    writeFileSync(join(directory, "10.1.0.3"), "");
    register.note(B, "10.1.0.3");
    register.seal();
  }
  expect(find(A)).toBeUndefined();
});

test("many that nobody holds, and names of no address, are left to the reading of files", async () => {
  const vacant = Array.from({ length: 65 }, (_, n) => [`10.1.0.${n}`, NOBODY] as const);
  await write(vacant.slice(1));
  expect(find(NOBODY)).toHaveLength(64);
  await write(vacant);
  expect(find(NOBODY)).toBeUndefined();
  await write([["0".repeat(LINE_SIZE), A]]);
  expect(find(A)).toBeUndefined();
});

test("a full table knows nothing, until it is written again with room for as many more", async () => {
  await write([]);
  const entries: [string, Holder][] = [];
  using register = new Register(directory, Date.now());
  while (register.find(A) !== undefined) {
    const name = `10.1.${entries.length >> 8}.${entries.length & 255}`;
    const holder: Holder = { kind: "attachment", containerId: `c${entries.length}`, ifName: "e" };
    register.note(holder, name);
    entries.push([name, holder]);
  }
  expect(entries.length).toBeGreaterThan(128);
  await register.rewrite(entries);
  for (const [name, holder] of entries) expect(find(holder)).toEqual([name]);
  expect(find(A)).toEqual([]);
});

type Action = readonly ["note" | "forget", holder: number, name: number];
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.tuple(fc.constantFrom("note", "note", "forget"), fc.nat(20), fc.nat(150)),
  { maxLength: 150 },
);

test("any sequence of changes is found as a plain map has it", async () => {
  const holderOf = (n: number): Holder => ({ kind: "container", containerId: `c${n}` });
  await fc.assert(
    fc.asyncProperty(actions, async (sequence) => {
      await write([["fd00::1", holderOf(0)]]);
      const model = new Map([["fd00::1", 0]]);
      using register = new Register(directory, Date.now());
      for (const [what, holder, number] of sequence) {
        const name = `10.0.0.${number}`;
        const held = model.get(name);
        if (what === "note" && held === undefined) {
          register.note(holderOf(holder), name);
          model.set(name, holder);
        } else if (what === "forget" && held !== undefined) {
          register.forget(holderOf(held), name);
          model.delete(name);
        }
        const expected = [...model].filter(([, n]) => n === holder).map(([key]) => key);
        expect(register.find(holderOf(holder))?.toSorted()).toEqual(expected.toSorted());
      }
    }),
    { numRuns: 50 },
  );
});
