import { afterEach, beforeEach, describe, expect } from "bun:test";
import { copyFileSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { encodeFrame, Kind } from "../../src/daemon/accept/index.ts";
import { type ChainResult, runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, SOCKET } from "../support/daemon.ts";
import { must, ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { type Behaviour, fakeDaemon } from "./fake.ts";
import { daemonScene } from "./scene.ts";

/** Entry programs in front of daemons that are not as they should be. */

const test = skipBecause(entriesMissing());
const CONFIG = {
  ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
  ipam: { type: "host-local", subnet: "10.1.0.0/24" },
};

const scene = daemonScene();
beforeEach(() => {
  mkdirSync(dirname(SOCKET), { recursive: true });
});
afterEach(() => {
  rmSync(SOCKET, { force: true });
});

async function call(operation: string, env: Record<string, string> = {}): Promise<RunAnswer> {
  return await runPlugin(ENTRIES, "bridge", CONFIG, {
    ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "c1", CNI_NETNS: scene.blue.netns },
    ...{ CNI_IFNAME: "eth0", CNI_PATH: ENTRIES, PATH: process.env["PATH"] ?? "", ...env },
  });
}

async function expectAttached(answer: RunAnswer): Promise<void> {
  expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
  const result = JSON.parse(answer.stdout) as ChainResult;
  expect(result.ips?.[0]?.address).toBe("10.1.0.2/24");
  expect(await must(["ip", "-n", "blue", "-j", "address"])).toContain("10.1.0.2");
}

const HALF: Uint8Array = encodeFrame(1, Kind.ANSWER, new Uint8Array(90)).subarray(0, 40);
const GARBAGE: Uint8Array = new Uint8Array(4096).fill(0x41);

describe("the full executable does the work when the daemon says that it will not:", () => {
  const cases: [name: string, behaviour: Behaviour][] = [
    ["it is busy", { sends: encodeFrame(1, Kind.BUSY) }],
    ["it speaks an older protocol", { sends: encodeFrame(0, Kind.VERSION) }],
    ["it speaks a newer protocol", { sends: encodeFrame(2, Kind.VERSION) }],
    ["it has taken it, and gives it back", { begins: true, sends: encodeFrame(1, Kind.BUSY) }],
  ];
  for (const [name, behaviour] of cases) {
    test(name, async () => {
      using _fake = fakeDaemon(SOCKET, behaviour);
      await expectAttached(await call("ADD"));
      expect((await call("DEL")).exitCode).toBe(0);
    });
  }
});

describe("the full executable does the work when the daemon has not begun it, and it never will:", () => {
  const cases: [name: string, behaviour: Behaviour][] = [
    ["it accepts and never answers", {}],
    ["it closes at once", { closes: true }],
    ["it dies", { dies: true }],
    ["it sends half a frame", { sends: HALF.subarray(0, 7) }],
    ["it sends half a frame and closes", { sends: HALF.subarray(0, 7), closes: true }],
    ["it sends garbage", { sends: GARBAGE }],
  ];
  for (const [name, behaviour] of cases) {
    test(name, async () => {
      using fake = fakeDaemon(SOCKET, behaviour);
      await expectAttached(await call("ADD"));
      expect((await call("DEL")).exitCode).toBe(0);
      expect(fake.beginLate()).toBe(0);
    });
  }

  test("its socket was left by a dead one", async () => {
    const listening = `Bun.listen({ unix: "${SOCKET}", socket: { data() {} } }); console.log("up")`;
    const dead = Bun.spawn([process.execPath, "-e", listening], { stdout: "pipe" });
    await dead.stdout.getReader().read();
    dead.kill("SIGKILL");
    await dead.exited;
    expect(statSync(SOCKET).isSocket()).toBe(true);
    await expectAttached(await call("ADD"));
  });

  test("a plain file, a directory or nothing is in its place", async () => {
    writeFileSync(SOCKET, "");
    await expectAttached(await call("ADD"));
    await call("DEL");
    rmSync(SOCKET);
    mkdirSync(SOCKET);
    expect((await call("STATUS")).exitCode).toBe(0);
    rmSync(SOCKET, { recursive: true });
    rmSync(dirname(SOCKET), { recursive: true });
    expect((await call("STATUS")).exitCode).toBe(0);
    expect((await call("STATUS", { HAWSER_SOCKET: "x".repeat(300) })).exitCode).toBe(0);
  });
});

describe("a call that the daemon has begun is not done twice:", () => {
  const cases: [name: string, behaviour: Behaviour][] = [
    ["it never answers", { begins: true }],
    ["it answers half", { begins: true, sends: HALF }],
    ["it answers garbage", { begins: true, sends: GARBAGE }],
    ["it lives and closes", { begins: true, closes: true }],
  ];
  for (const [name, behaviour] of cases) {
    test(name, async () => {
      using fake = fakeDaemon(SOCKET, behaviour);
      const answer = await call("ADD", { HAWSER_ANSWER_TIMEOUT: "1" });
      expect(answer.exitCode).toBe(1);
      expect(JSON.parse(answer.stdout)).toMatchObject({ code: 11, cniVersion: "1.1.0" });
      expect(fake.begun).toBe(1);
      expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
    });
  }
});

test("what a daemon has begun that dies is taken back, and done anew", async () => {
  await expectAttached(await call("ADD"));
  // As if a daemon had come as far as that, and had not answered.
  using fake = fakeDaemon(SOCKET, { begins: true, dies: true });
  const answer = await call("ADD");
  expect([answer.exitCode, fake.begun]).toEqual([0, 1]);
  expect((JSON.parse(answer.stdout) as ChainResult).ips?.[0]?.address).toBe("10.1.0.3/24");
});

describe("what starts an entry program again in the place of the full executable ends with an error:", () => {
  const PLACE = "/run/place";
  beforeEach(() => {
    mkdirSync(PLACE);
  });
  afterEach(() => {
    rmSync(PLACE, { recursive: true });
  });

  /** Calls an entry program that finds no daemon. */
  async function start(program: string, env: Record<string, string>): Promise<unknown> {
    const options = { stdin: JSON.stringify(CONFIG), timeoutMs: 10_000 };
    const variables = { CNI_COMMAND: "STATUS", PATH: process.env["PATH"] ?? "", ...env };
    const { exitCode, stdout, stderr } = await run([program], { ...options, env: variables });
    expect([exitCode, stderr]).toEqual([1, ""]);
    return JSON.parse(stdout);
  }

  const ERROR = { code: 4, msg: expect.stringContaining("starts an entry program") as string };

  test("case S19: HAWSER_EXECUTABLE leads to the entry program itself", async () => {
    const program = `${ENTRIES}/bridge`;
    expect(await start(program, { HAWSER_EXECUTABLE: program })).toMatchObject(ERROR);
    symlinkSync(program, `${PLACE}/hawser`);
    expect(await start(program, { HAWSER_EXECUTABLE: `${PLACE}/hawser` })).toMatchObject(ERROR);
  });

  test("case S19, kind: it leads to a script that starts the entry program", async () => {
    const script = `${PLACE}/wrapper`;
    writeFileSync(script, `#!/bin/sh\n${ENTRIES}/bridge\nexit $?\n`, { mode: 0o755 });
    expect(await start(`${ENTRIES}/bridge`, { HAWSER_EXECUTABLE: script })).toMatchObject(ERROR);
  });

  test("case S19, kind: the file beside it that bears the executable's name is an entry program", async () => {
    copyFileSync(`${ENTRIES}/bridge`, `${PLACE}/hawser`);
    copyFileSync(`${ENTRIES}/bridge`, `${PLACE}/bridge`);
    expect(await start(`${PLACE}/bridge`, {})).toMatchObject({ ...ERROR, code: 5 });
  });

  test("a plugin that starts another one, which starts another one, is no such thing", async () => {
    const script = `${PLACE}/wrapper`;
    const nested = `HAWSER_EXECUTABLE=${EXECUTABLE} exec -a bridge ${ENTRIES}/bridge`;
    writeFileSync(script, `#!/bin/bash\n${nested}\n`, { mode: 0o755 });
    const env = { CNI_COMMAND: "STATUS", HAWSER_EXECUTABLE: script, CNI_PATH: ENTRIES };
    const options = { stdin: JSON.stringify(CONFIG), env: { ...ownEnvironment(), ...env } };
    expect((await run([`${ENTRIES}/bridge`], options)).exitCode).toBe(0);
  });
});
