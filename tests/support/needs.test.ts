import { describe, expect, test } from "bun:test";
import { has, isMachineRoot } from "./features.ts";
import { needs, skipBecause } from "./needs.ts";

describe("features", () => {
  test("a program on the PATH, and one that is not", () => {
    expect(has("sh")).toBe(true);
    expect(has("no-such-program-anywhere")).toBe(false);
  });

  test("a path", () => {
    expect(has("/proc/self/fd")).toBe(true);
    expect(has("/nowhere/at/all")).toBe(false);
  });

  test("a kernel feature without a probe is a mistake", () => {
    expect(() => has("kernel:no-such-thing")).toThrow("add it to KERNEL_FEATURES");
  });

  test("root of a user namespace is not root of the machine", () => {
    expect(isMachineRoot("         0          0 4294967295\n", 0)).toBe(true);
    expect(isMachineRoot("         0       1000          1\n", 0)).toBe(false);
    expect(isMachineRoot("         0          0 4294967295\n", 1000)).toBe(false);
  });
});

let ran = 0;

needs("sh", "/proc")("runs where everything is there", () => {
  ran += 1;
});

skipBecause(undefined)("runs where nothing is missing", () => {
  ran += 1;
});

test("both ran", () => {
  expect(ran).toBe(2);
});
