import { afterEach, expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../tests/support/exec.ts";
import { entryProgram, Node, networkText, programText } from "../../tests/support/installation.ts";
import { needs } from "../../tests/support/needs.ts";
import { CniError } from "../spec/index.ts";
import { install, uninstall, verify } from "./index.ts";

/** Disks that are full or read-only, and programs that run; in the test's own mount namespace. */

const MEGABYTE = 1024 * 1024;
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A node whose plugin directory is a file system of its own. */
async function nodeOn(options: string): Promise<Node> {
  const home = mkdtempSync(join(tmpdir(), "hawser-disk-"));
  const node = new Node(home);
  mkdirSync(node.binDir);
  await must(["mount", "-t", "tmpfs", "-o", options, "tmpfs", node.binDir]);
  cleanups.push(async () => {
    await must(["umount", "--lazy", node.binDir]);
    rmSync(home, { recursive: true });
  });
  return node;
}

function refusal(action: () => unknown): CniError {
  try {
    action();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Leaves so many bytes free, and not one more page. */
function fill(node: Node, bytes: number): void {
  const { bavail, bsize } = statfsSync(node.binDir);
  writeFileSync(node.bin("filler"), new Uint8Array(Math.max(0, bavail * bsize - bytes)));
}

needs("root")("on a full disk nothing changes, however far it would have come", async () => {
  const node = await nodeOn(`size=${4 * MEGABYTE}`);
  const request = node.request("1");
  writeFileSync(request.program, programText("1").padEnd(MEGABYTE, "#"));
  install(request);
  const next = node.request("2", { entry: entryProgram("entry") });
  writeFileSync(next.program, programText("2").padEnd(MEGABYTE, "#"));
  const before = readdirSync(node.binDir).sort();
  for (const free of [0, 4096, MEGABYTE / 2, MEGABYTE, MEGABYTE + 8192, MEGABYTE + 16_384]) {
    fill(node, free);
    const error = refusal(() => install(next));
    expect([error.code, error.cause]).toEqual([5, expect.objectContaining({ code: "ENOSPC" })]);
    expect(error.msg).toContain(node.binDir);
    rmSync(node.bin("filler"));
    expect(readdirSync(node.binDir).sort()).toEqual(before);
    expect(node.read("hawser").startsWith(programText("1"))).toBe(true);
  }
  install(next);
  expect(node.read("hawser").startsWith(programText("2"))).toBe(true);
  expect(node.read("bridge")).toBe("entry");
});

needs("root")("a full disk of the configurations leaves the plugins as they were", async () => {
  const node = await nodeOn(`size=${4 * MEGABYTE}`);
  install(node.request("1"));
  const small = mkdtempSync(join(tmpdir(), "hawser-conf-"));
  await must(["mount", "-t", "tmpfs", "-o", "size=4096,nr_inodes=8", "tmpfs", small]);
  cleanups.push(async () => {
    await must(["umount", "--lazy", small]);
    rmSync(small, { recursive: true });
  });
  const request = { ...node.request("2"), confDir: small };
  writeFileSync(request.conflist ?? "", networkText("2").padEnd(8192, " "));
  expect(refusal(() => install(request)).msg).toContain(join(small, "10-node.conflist"));
  expect(readdirSync(small)).toEqual([]);
  expect(node.read("hawser")).toBe(programText("1"));
});

needs("root")("on a read-only disk nothing can change, and verify still tells", async () => {
  const node = await nodeOn("size=1m");
  const request = node.request("1");
  install(request);
  await must(["mount", "-o", "remount,ro", node.binDir]);
  const error = refusal(() => install(node.request("2")));
  expect([error.code, error.cause]).toEqual([5, expect.objectContaining({ code: "EROFS" })]);
  const away = {
    binDir: node.binDir,
    cacheDirs: [node.home],
    stateDir: node.stateDir,
    force: false,
    dryRun: false,
  };
  expect(refusal(() => uninstall(away)).cause).toMatchObject({ code: "EROFS" });
  // The configuration lies on another disk, and stays nevertheless.
  const { program, plugins, binDir } = request;
  const env = { PATH: "/usr/bin:/bin" };
  expect((await verify({ binDir, program, plugins, env })).problems).toEqual([]);
});

test("an executable that runs is replaced, and runs on", async () => {
  using node = new Node();
  const request = node.request("1");
  copyFileSync(Bun.which("sleep") ?? "sleep", request.program);
  install(request);
  const running = Bun.spawn([node.bin("hawser"), "60"]);
  try {
    // It is the file itself that is busy: opened for writing, it would be refused.
    let busy: unknown;
    for (let attempt = 0; attempt < 100 && busy === undefined; attempt++) {
      await Bun.sleep(10);
      try {
        closeSync(openSync(node.bin("hawser"), "r+"));
      } catch (error) {
        busy = (error as NodeJS.ErrnoException).code;
      }
    }
    expect(busy).toBe("ETXTBSY");
    install(node.request("2"));
    expect(node.read("hawser")).toBe(programText("2"));
    expect(running.exitCode).toBeNull();
  } finally {
    running.kill("SIGKILL");
    await running.exited;
  }
});
