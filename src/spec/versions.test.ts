import { describe, expect, test } from "bun:test";

import { CniError } from "./errors.ts";
import {
  atLeast,
  checkSupported,
  commonVersion,
  compareVersions,
  parseVersion,
  SPEC_VERSIONS,
  selectVersion,
  versionsFrom,
} from "./versions.ts";

describe("versions", () => {
  test.each([
    ["", [0, 1, 0]],
    ["1", [1, 0, 0]],
    ["1.0", [1, 0, 0]],
    ["01.2.3", [1, 2, 3]],
    ["+1.2.3", [1, 2, 3]],
    ["-1.0.0", [-1, 0, 0]],
    ["0.-42.0", [0, -42, 0]],
    ["-0.1.0", [0, 1, 0]],
  ] as const)("R121 %j is %j", (text, parts) => {
    expect(parseVersion(text)).toEqual([...parts]);
  });

  test.each([
    "1.0.0-rc1",
    "1..0",
    "1.0.0 ",
    "v1.0.0",
    "0.",
    "..",
    "1e1",
    "0x1",
    "1.99999999999999999999",
  ])("R121 %j is no version", (text) => {
    expect(() => parseVersion(text)).toThrow(CniError);
  });

  test("R121 four parts are too many", () => {
    expect(() => parseVersion("1.0.0.0")).toThrow('invalid version "1.0.0.0": too many parts');
  });

  test("R121 versions compare as numbers", () => {
    expect(compareVersions("1.0", "1.0.0")).toBe(0);
    expect(compareVersions("0.10.0", "0.9.0")).toBe(1);
    expect(compareVersions("", "0.2.0")).toBe(-1);
    expect([atLeast("0.4.0", "0.4.0"), atLeast("0.3.1", "0.4.0")]).toEqual([true, false]);
    expect([...SPEC_VERSIONS].sort(compareVersions)).toEqual([...SPEC_VERSIONS]);
    expect(versionsFrom("0.4.0")).toEqual(["0.4.0", "1.0.0", "1.1.0"]);
  });

  test.each([
    [undefined, ["1.1.0", "0.4.0", "1.0.0"], "1.1.0"],
    [undefined, ["99.0.0", "1.1.0"], "1.1.0"],
    ["1.0.0", ["0.1.0", "0.4.0"], "1.0.0"],
    [undefined, [], ""],
    [undefined, undefined, ""],
    ["2.0.0", ["3.0.0"], "2.0.0"],
    ["2.0.0", ["1.0.0"], "1.0.0"],
    ["2.0.0", undefined, "2.0.0"],
    [undefined, ["0.5.0"], "0.5.0"],
    [undefined, ["0.4.0", "1.0"], "1.0"],
  ])("R4 of %j and %j the version %j is selected", (single, many, selected) => {
    expect(selectVersion(single, many)).toBe(selected);
  });

  test("R5 what plugins report can narrow the choice", () => {
    const offered = ["0.4.0", "1.0.0", "1.1.0"];
    expect(
      commonVersion(offered, [
        ["1.0.0", "1.1.0"],
        ["0.4.0", "1.0.0"],
      ]),
    ).toBe("1.0.0");
    expect(commonVersion(offered, [["0.1.0"]])).toBeUndefined();
  });

  test("R122 a plugin supports a version only as written", () => {
    const legacy = ["0.1.0", "0.2.0"];
    checkSupported("", legacy);
    checkSupported("0.2.0", legacy);
    expect(() => checkSupported("0.2", legacy)).toThrow(CniError);
    expect(() => checkSupported("9.9.9", legacy)).toThrow(
      'incompatible CNI versions; config is "9.9.9", plugin supports ["0.1.0" "0.2.0"]',
    );
  });
});
