import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, ownEnvironment } from "../../tests/support/exec.ts";
import { ORDER } from "../build/build.ts";
import { ROOT } from "../test/files.ts";
import { functionsOf, ORDER_HEAD, readOrders } from "./order.ts";

/** Below this share of known functions it is time for `npm run profile`. */
const KNOWN = 0.5;

test("a record holds functions in the order of their use, and other things", () => {
  const record = `${ORDER_HEAD}\nM 1\nF b\nS 2\nF a\nK c\n`;
  expect(functionsOf(record)).toEqual(["F b", "F a"]);
  expect(() => functionsOf("v9\nF a\n")).toThrow("v9");
});

test("the order in which the executable is laid out knows most of what a start uses", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-order-"));
  try {
    const record = join(directory, "version");
    const env = { ...ownEnvironment(), CNI_COMMAND: "VERSION", BUN_BYTECODE_ORDER_OUT: record };
    await must([join(ROOT, "dist/cni/bridge")], { env, stdin: '{"cniVersion":"1.0.0"}' });
    const used = readOrders(directory);
    const known = new Set(functionsOf(readFileSync(ORDER, "utf8")));
    expect(used.length).toBeGreaterThan(20);
    const share = used.filter((line) => known.has(line)).length / used.length;
    expect(share).toBeGreaterThan(KNOWN);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
