import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunAnswer, run } from "./support/exec.ts";
import { needs } from "./support/needs.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEMO = join(ROOT, "tools/demo.ts");
const TIMEOUT_MS = 60_000;
const NOBODY = "65534";

const directory = mkdtempSync(join(tmpdir(), "demo-"));
afterAll(() => rmSync(directory, { recursive: true }));

const dbnet = readFileSync(join(ROOT, "examples/dbnet.conflist"), "utf8");

/** Runs the demo on a variant of dbnet. */
async function demoOf(name: string, change: (text: string) => string): Promise<RunAnswer> {
  const changed = change(dbnet);
  expect(changed).not.toBe(dbnet);
  const file = join(directory, name);
  writeFileSync(file, changed);
  return await run([process.execPath, DEMO, file], { timeoutMs: TIMEOUT_MS });
}

test(
  "a proof that does not hold is named, and the demo fails",
  async () => {
    const answer = await demoOf("sysctl.conflist", (text) => text.replace('"500"', '"400"'));
    expect([answer.exitCode, answer.stderr]).toEqual([1, ""]);
    expect(answer.stdout).toContain("✗ dbnet-one has net.core.somaxconn 500\n");
    expect(answer.stdout).toContain("net/core/somaxconn is 400, and should be 500");
    expect(answer.stdout).toContain("✓ dbnet-one reaches dbnet-two over TCP");
    expect(answer.stdout).toContain("\nNot proved:\n");
  },
  TIMEOUT_MS,
);

test(
  "a network that leaves something behind makes the demo fail",
  async () => {
    const ipam = '"dataDir": "/run/stray", "type": "host-local"';
    const answer = await demoOf("stray.conflist", (text) => {
      return text.replace('"type": "host-local"', ipam);
    });
    expect(answer.exitCode).toBe(1);
    expect(answer.stdout).toContain("✗ no link, address, route, nftables element, reservation");
    expect(answer.stdout).toContain("file /run/stray/dbnet/lock");
  },
  TIMEOUT_MS,
);

test(
  "an ADD that fails makes the demo fail",
  async () => {
    const answer = await demoOf("add.conflist", (text) => text.replace('"10.1.0.0/16"', '"10.1"'));
    expect(answer.exitCode).toBe(1);
    expect(answer.stdout).toContain("✗ the demo comes to its end");
    expect(answer.stdout).toContain("invalid CIDR address: 10.1");
  },
  TIMEOUT_MS,
);

test("without unshare it is said what is missing", async () => {
  const answer = await run([process.execPath, DEMO], { env: { PATH: directory } });
  expect([answer.exitCode, answer.stdout]).toEqual([1, ""]);
  expect(answer.stderr).toContain("unshare cannot be started");
  expect(answer.stderr).toContain("package util-linux");
});

test("where namespaces are forbidden it is said how to allow them", async () => {
  const unshare = join(directory, "unshare");
  writeFileSync(
    unshare,
    "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n",
    {
      mode: 0o755,
    },
  );
  const answer = await run([process.execPath, DEMO], { env: { PATH: `${directory}:/bin` } });
  rmSync(unshare);
  expect([answer.exitCode, answer.stdout]).toEqual([1, ""]);
  expect(answer.stderr).toContain("unshare failed: Operation not permitted");
  expect(answer.stderr).toContain("sysctl -w user.max_user_namespaces");
});

needs("root", "setpriv")(
  "an ordinary user needs no privilege",
  async () => {
    const asUser = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"];
    const answer = await run([...asUser, process.execPath, DEMO], { timeoutMs: TIMEOUT_MS });
    expect(answer.stderr).toBe("");
    expect(answer.stdout).toContain("proofs hold");
    expect(answer.exitCode).toBe(0);
  },
  TIMEOUT_MS,
);
