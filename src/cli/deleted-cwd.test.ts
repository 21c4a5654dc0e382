import { expect } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { skipBecause } from "../../tests/support/needs.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const isBuilt = existsSync(join(DIST, "hawser"));
const when = skipBecause(isBuilt ? undefined : "npm run build");

/** Runs a program in a directory that is deleted before it starts. */
async function inDeletedDirectory(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const cwd = mkdtempSync(join(tmpdir(), "deleted-"));
  const child = Bun.spawn(["/bin/sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", ...argv], {
    cwd,
    env,
    stdin: new Blob(['{"cniVersion":"1.1.0","name":"n","type":"bridge"}']),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}

when("case S17: a plugin answers in a directory that has been deleted", async () => {
  const bridge = join(DIST, "cni/bridge");
  const version = await inDeletedDirectory([bridge], { CNI_COMMAND: "VERSION" });
  expect(JSON.parse(version.stdout)).toMatchObject({ cniVersion: "1.1.0" });
  expect(version).toMatchObject({ exitCode: 0, stderr: "" });
  const add = await inDeletedDirectory([bridge], { CNI_COMMAND: "ADD" });
  expect(add.exitCode).toBe(1);
  expect(JSON.parse(add.stdout)).toMatchObject({ code: 4 });
});

when("case S17, kind: so does the entry program that runs the full executable", async () => {
  // Without a daemon a call is noted for it: not where the machine's own daemon would look.
  const state = mkdtempSync(join(tmpdir(), "state-"));
  try {
    const env = {
      CNI_COMMAND: "ADD",
      HAWSER_EXECUTABLE: join(DIST, "hawser"),
      HAWSER_SOCKET: "/nonexistent/daemon.sock",
      HAWSER_STATE_DIR: state,
    };
    const add = await inDeletedDirectory([join(DIST, "entry/bridge")], env);
    expect(add.exitCode).toBe(1);
    expect(JSON.parse(add.stdout)).toMatchObject({ code: 4 });
  } finally {
    rmSync(state, { recursive: true });
  }
});

when("case S17, kind: so do hawser and cnitool", async () => {
  const env = { NETCONFPATH: "/nonexistent" };
  const status = await inDeletedDirectory([join(DIST, "hawser"), "status", "n", "--json"], env);
  expect(status.exitCode).toBe(3);
  expect(JSON.parse(status.stdout)).toMatchObject({ error: { code: 7 } });
  const tool = await inDeletedDirectory([join(DIST, "cni/cnitool"), "status", "n", "/x"], env);
  expect(tool.exitCode).toBe(1);
  expect(tool.stderr).toStartWith("Error: no net configurations found in /nonexistent");
});
