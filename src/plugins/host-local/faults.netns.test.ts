import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, addressesOf, type Ipam, Lab } from "../../../tests/support/host-local.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";

requireOwnNamespaces();

const DUAL = { ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd00:1::/64" }]] };

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "host-local-faults-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Works on a file system of its own, made with these mount options. */
async function onTmpfs(options: string, work: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = join(dir, options.replaceAll(/\W/g, "-"));
  mkdirSync(dataDir);
  mount("-t", "tmpfs", "-o", options, "tmpfs", dataDir);
  try {
    await work(dataDir);
  } finally {
    Bun.spawnSync(["umount", dataDir]);
  }
}

function mount(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...words]);
  expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
}

/** All names below, but for the directories and the lock, which may stay. */
function files(dataDir: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "lock")
    .map((entry) => entry.name);
}

async function call(lab: Lab, command: "ADD" | "DEL" | "STATUS", ipam: Ipam): Promise<Answer> {
  return await lab.call({ operation: command, config: lab.config(ipam), containerId: "cid1" });
}

test("a file system that is full at any point leaves no reservation, and says what to do", async () => {
  using lab = new Lab();
  let failures = 0;
  let given: string[] = [];
  for (let inodes = 2; given.length === 0 && inodes < 20; inodes++) {
    await onTmpfs(`nr_inodes=${inodes}`, async (dataDir) => {
      const answer = await call(lab, "ADD", { ...DUAL, dataDir });
      given = addressesOf(answer);
      if (given.length > 0) return;
      failures++;
      expect(answer.json).toMatchObject({ code: 5 });
      expect(answer.json?.["details"]).toContain("free some space or inodes");
      expect(files(dataDir).filter((name) => !name.startsWith("last_reserved_ip."))).toEqual([]);
      // DEL needs no room once there is a lock.
      if (existsSync(join(dataDir, lab.network, "lock"))) {
        expect((await call(lab, "DEL", { ...DUAL, dataDir })).exitCode).toBe(0);
      }
    });
  }
  expect(given).toEqual(["10.1.0.2", "fd00:1::2"]);
  expect(failures).toBeGreaterThan(4);
});

test("a read-only file system is told by STATUS before, and by ADD when asked", async () => {
  using lab = new Lab();
  await onTmpfs("mode=755", async (dataDir) => {
    await call(lab, "ADD", { ...DUAL, dataDir });
    await call(lab, "DEL", { ...DUAL, dataDir });
    mount("-o", "remount,ro", dataDir);
    const advice = "the file system is read-only; set ipam.dataDir to a writable directory";
    expect((await call(lab, "STATUS", { ...DUAL, dataDir })).json).toMatchObject({
      code: 50,
      details: advice,
    });
    expect((await call(lab, "ADD", { ...DUAL, dataDir })).json).toMatchObject({
      code: 5,
      details: advice,
    });
  });
});

test("DEL and GC go on past a reservation that cannot be removed, and then tell of it", async () => {
  for (const [operation, mode] of [
    ["DEL", "mode=750"],
    ["GC", "mode=700"],
  ] as const) {
    using lab = new Lab();
    await onTmpfs(mode, async (dataDir) => {
      await call(lab, "ADD", { ...DUAL, dataDir });
      const held = join(dataDir, lab.network, "10.1.0.2");
      // A file on which something is mounted.
      mount("--bind", held, held);
      try {
        const valid = { "cni.dev/valid-attachments": [] };
        const config = lab.config({ ...DUAL, dataDir }, operation === "GC" ? valid : {});
        const answer = await lab.call({ operation, config, containerId: "cid1" });
        expect(answer.json).toMatchObject({ code: 5 });
        expect(answer.json?.["msg"]).toContain(`cannot remove reservation ${held}`);
        expect(files(dataDir).filter((name) => /^[0-9a-f:.]+$/.test(name))).toEqual(["10.1.0.2"]);
      } finally {
        Bun.spawnSync(["umount", held]);
      }
    });
  }
});
