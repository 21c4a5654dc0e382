import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable } from "../base/index.ts";
import { CniError } from "../spec/index.ts";
import { findPlugin, splitPath } from "./find.ts";

describe("findPlugin", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "hawser-test-"));
    for (const dir of ["one", "two"]) mkdirSync(join(root, dir));
    writeFileSync(join(root, "one", "first"), "");
    writeFileSync(join(root, "two", "first"), "");
    writeFileSync(join(root, "two", "second"), "");
    chmodSync(join(root, "two", "second"), 0o644);
    mkdirSync(join(root, "one", "second"));
    symlinkSync(join(root, "two", "second"), join(root, "two", "link"));
    symlinkSync(join(root, "nowhere"), join(root, "one", "link"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const dirs = (): string[] => [join(root, "one"), join(root, "two")];

  test("R95 the first directory that has it wins", () => {
    expect(findPlugin("first", dirs())).toBe(join(root, "one", "first"));
    expect(findPlugin("first", dirs().reverse())).toBe(join(root, "two", "first"));
  });

  test("R78 only a regular file counts, executable or not, and links are followed", () => {
    expect(findPlugin("second", dirs())).toBe(join(root, "two", "second"));
    expect(findPlugin("link", dirs())).toBe(join(root, "two", "link"));
  });

  test("one that may have been meant is named before an installation", () => {
    const adviceFor = (type: string): string | undefined => {
      try {
        findPlugin(type, [...dirs(), join(root, "nowhere")]);
      } catch (error) {
        return CniError.from(error).advice;
      }
      return undefined;
    };
    expect(adviceFor("frist")).toStartWith("did you mean first? Else install the plugin");
    expect(adviceFor("ptp")).toStartWith("install the plugin");
  });

  test("R78 a missing plugin is an error that names it and the directories", () => {
    const [one, two] = dirs();
    expect(() => findPlugin("third", dirs())).toThrow(
      `failed to find plugin "third" in path [${one} ${two}]`,
    );
    expect(codeOf(() => findPlugin("third", dirs()))).toBe(50);
  });

  test.each(["../first", "a/b", "a\\b", "nul\0", "..", "."])(
    "R15 the type %j is refused",
    (type) => {
      expect(() => findPlugin(type, dirs())).toThrow(`invalid plugin name: ${printable(type)}`);
      expect(codeOf(() => findPlugin(type, dirs()))).toBe(7);
    },
  );

  test("an empty type and an empty search path are told", () => {
    expect(() => findPlugin("", dirs())).toThrow("no plugin name provided");
    expect(() => findPlugin("first", [])).toThrow("no paths provided");
  });

  test("an unusable directory is passed over", () => {
    const file = join(root, "one", "first");
    expect(findPlugin("first", [file, join(root, "absent"), join(root, "two")])).toBe(
      join(root, "two", "first"),
    );
  });

  test("R34 CNI_PATH is split at the list separator, and empty it has nothing", () => {
    expect(splitPath("/a:/b")).toEqual(["/a", "/b"]);
    expect(splitPath("")).toEqual([]);
  });
});

function codeOf(action: () => unknown): number | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof CniError ? error.code : undefined;
  }
  return undefined;
}
