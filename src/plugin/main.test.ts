import { expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FIXTURES } from "../../tests/support/plugin-doors.ts";

const PROGRAM = join(FIXTURES, "probe.ts");
const ENV = {
  PATH: process.env["PATH"] ?? "",
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "some-id",
  CNI_NETNS: "/nonexistent/netns",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/nonexistent/bin",
};

function config(probe: Record<string, unknown>): string {
  return JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "probe", probe });
}

function start(env: Record<string, string> = {}, stdin: number | "pipe" = "pipe"): ChildProcess {
  return spawn(process.execPath, [PROGRAM], {
    env: { ...ENV, ...env },
    stdio: [stdin, "pipe", "pipe"],
    timeout: 20_000,
  });
}

/** Gathers what comes, starting to read stdout only after `patienceMs`. */
async function end(
  child: ChildProcess,
  patienceMs = 0,
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = once(child, "close");
  if (patienceMs > 0) await delay(patienceMs);
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [code, signal] = (await closed) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

test("R25 only the result reaches stdout, whatever the plugin's code prints", async () => {
  const child = start();
  child.stdin?.end(config({ print: "chatter", result: { ips: [] } }));
  const answer = await end(child);
  expect(answer.code).toBe(0);
  expect(answer.stdout).toBe('{\n    "cniVersion": "1.1.0"\n}');
  expect(answer.stderr).toBe("chatter\nchatter\n");
});

test("a long result arrives whole at a reader who takes his time", async () => {
  const child = start();
  const routes = Array.from({ length: 20_000 }, (_, at) => ({
    dst: `10.${at >> 8}.${at & 255}.0/24`,
    gw: "10.0.0.1",
  }));
  child.stdin?.end(config({ result: { routes } }));
  const answer = await end(child, 400);
  expect(answer.code).toBe(0);
  expect((JSON.parse(answer.stdout) as { routes: unknown }).routes).toEqual(routes);
});

test("R26 a reader that has gone fails the call", async () => {
  const child = start();
  child.stdout?.destroy();
  child.stdin?.end(config({ result: { ips: [] } }));
  const answer = await end(child);
  expect(answer.code).toBe(1);
});

test("SIGTERM and SIGINT reach the callback as an aborted signal", async () => {
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    const child = start();
    child.stdin?.end(config({ log: "waiting", wait: true }));
    child.stderr?.once("data", () => child.kill(name));
    const answer = await end(child);
    expect(answer.code).toBe(1);
    expect(JSON.parse(answer.stdout)).toEqual({
      cniVersion: "1.1.0",
      code: 11,
      msg: "left half way",
      details: `interrupted by ${name}`,
    });
  }
});

test("R27 an error outside of the callback is told as well, once", async () => {
  const child = start();
  child.stdin?.end(config({ crash: true }));
  const answer = await end(child);
  expect(answer.code).toBe(1);
  expect(JSON.parse(answer.stdout)).toMatchObject({ code: 999, msg: "crashed aside" });
});

test("code that ends the process is no success, of DEL neither, and its stack says where it is", async () => {
  for (const [command, exits] of [
    ["ADD", 0],
    ["DEL", 3],
  ] as const) {
    const child = start({ CNI_COMMAND: command });
    child.stdin?.end(config({ exits }));
    const { code, stdout, stderr } = await end(child);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 999,
      msg: `the process was ended with exit code ${exits} before the answer`,
    });
    expect(stdout).toMatch(/at behave \(.*probe\.ts:\d+/u);
    expect(stderr).toContain("at behave (");
  }
});

test("D7 VERSION answers although its stdin stays open and silent", async () => {
  const child = start({ CNI_COMMAND: "VERSION" });
  const answer = await end(child);
  expect(answer.code).toBe(0);
  expect(JSON.parse(answer.stdout)).toMatchObject({ cniVersion: "1.1.0" });
});

test("a stdin that cannot be read is code 5; one that is no UTF-8 is code 6", async () => {
  const directory = openSync("/", "r");
  const unreadable = await end(start({}, directory));
  closeSync(directory);
  expect(JSON.parse(unreadable.stdout)).toMatchObject({ code: 5 });
  expect(unreadable.stdout).toContain("error reading from stdin: ");
  const child = start();
  child.stdin?.end(Buffer.from([0x7b, 0xff, 0x7d]));
  expect(JSON.parse((await end(child)).stdout)).toMatchObject({ code: 6 });
});

test("a stdin that is a file is read from the place where the caller stands in it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-stdin-"));
  const file = join(directory, "config");
  writeFileSync(file, `# dbnet\n${config({ result: { ips: [] } })}`);
  const descriptor = openSync(file, "r");
  readSync(descriptor, new Uint8Array("# dbnet\n".length));
  const answer = await end(start({}, descriptor));
  closeSync(descriptor);
  rmSync(directory, { recursive: true });
  expect(answer).toMatchObject({ code: 0, stdout: '{\n    "cniVersion": "1.1.0"\n}' });
});

test("a configuration that comes in pieces is read to its end", async () => {
  const child = start();
  const text = config({ result: { ips: [] }, padding: "x".repeat(200_000) });
  child.stdin?.write(text.slice(0, 20));
  await delay(150);
  child.stdin?.write(text.slice(20, 100_000));
  await delay(50);
  child.stdin?.end(text.slice(100_000));
  expect(await end(child)).toMatchObject({ code: 0, stdout: '{\n    "cniVersion": "1.1.0"\n}' });
});

test("started by hand it ends although stdin stays open", async () => {
  const child = start({ CNI_COMMAND: "" });
  const answer = await end(child);
  expect(answer.code).toBe(0);
  expect(answer.stderr).toStartWith("CNI probe plugin v1.2.3\n");
});
