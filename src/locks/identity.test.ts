import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { livenessOf, ownIdentity } from "./identity.ts";

describe("whether a process lives", () => {
  const own = ownIdentity("token");

  test("this one does", () => {
    expect(own.pid).toBe(process.pid);
    expect(own.namespace).toMatch(/^\d+$/);
    expect(livenessOf({ ...own }, own)).toBe("alive");
  });

  test("another one does until it ends, and its body does not", async () => {
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    const pid = child.pid ?? 0;
    const stat = await Bun.file(`/proc/${pid}/stat`).text();
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    const other = { ...own, pid, start };
    expect(livenessOf(other, own)).toBe("alive");
    expect(livenessOf({ ...other, start: `${start}0` }, own)).toBe("dead");
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("exit", resolve));
    expect(livenessOf(other, own)).toBe("dead");
  });

  test("one of an earlier boot does not, one of another pid namespace cannot be seen", () => {
    expect(livenessOf({ ...own, boot: "earlier" }, own)).toBe("dead");
    expect(livenessOf({ ...own, boot: "0" }, own)).toBe("unknown");
    expect(livenessOf({ ...own, namespace: "1" }, own)).toBe("unknown");
  });

  let proc = "";
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), "hawser-test-"));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  test("a process whose name holds parentheses and spaces is read right", () => {
    const fields = ["S", ...Array.from({ length: 18 }, (_, at) => `${at}`), "4711", "0"];
    mkdirSync(join(proc, "42"));
    writeFileSync(join(proc, "42", "stat"), `42 (a) Z (b) ${fields.join(" ")}\n`);
    const other = { ...own, pid: 42, start: "4711" };
    expect(livenessOf(other, own, proc)).toBe("alive");
    expect(livenessOf({ ...other, start: "4712" }, own, proc)).toBe("dead");
  });

  test("under the /proc of another pid namespace nothing is claimed to be known", () => {
    symlinkSync("999999", join(proc, "self"));
    const blind = ownIdentity("token", proc);
    expect(blind.namespace).toBe("utoken");
    expect(livenessOf({ ...blind, pid: 1 }, blind, proc)).toBe("unknown");
    expect(livenessOf(blind, { ...own, boot: blind.boot })).toBe("unknown");
  });
});
