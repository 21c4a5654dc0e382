import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { encodeFrame, Kind } from "../../src/daemon/protocol/index.ts";
import { type ChainResult, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, SOCKET } from "../support/daemon.ts";
import { must, type RunAnswer } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { type Behaviour, fakeDaemon, OFFER } from "./fake.ts";

/** Entry programs in front of daemons that are not as they should be. */

const test = skipBecause(entriesMissing());
const CONFIG = {
  ...{ cniVersion: "1.1.0", name: "dbnet", type: "bridge", bridge: "cni0" },
  ipam: { type: "host-local", subnet: "10.1.0.0/24" },
};

let host: Host;
let blue: Container;

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  blue = await host.container("blue");
  mkdirSync(dirname(SOCKET), { recursive: true });
});
afterEach(async () => {
  rmSync(SOCKET, { force: true });
  await host.remove(blue);
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function call(operation: string, env: Record<string, string> = {}): Promise<RunAnswer> {
  return await runPlugin(ENTRIES, "bridge", CONFIG, {
    ...{ CNI_COMMAND: operation, CNI_CONTAINERID: "c1", CNI_NETNS: blue.netns },
    ...{ CNI_IFNAME: "eth0", CNI_PATH: ENTRIES, PATH: process.env["PATH"] ?? "", ...env },
  });
}

async function expectAttached(answer: RunAnswer): Promise<void> {
  expect([answer.exitCode, answer.stderr]).toEqual([0, ""]);
  const result = JSON.parse(answer.stdout) as ChainResult;
  expect(result.ips?.[0]?.address).toBe("10.1.0.2/24");
  expect(await must(["ip", "-n", "blue", "-j", "address"])).toContain("10.1.0.2");
}

describe("the full executable does the work when the daemon has not begun it:", () => {
  const cases: [name: string, behaviour: Behaviour][] = [
    ["it accepts and never answers", {}],
    ["it closes at once", { closesOnRequest: true }],
    ["it is busy", { onRequest: encodeFrame(1, Kind.BUSY) }],
    ["it speaks an older protocol", { onRequest: encodeFrame(0, Kind.VERSION) }],
    ["it speaks a newer protocol", { onRequest: encodeFrame(2, Kind.VERSION) }],
    ["it offers in another version", { onRequest: encodeFrame(2, Kind.OFFER) }],
    ["it sends half an offer", { onRequest: OFFER.subarray(0, 7) }],
    [
      "it sends half an offer and closes",
      { onRequest: OFFER.subarray(0, 7), closesOnRequest: true },
    ],
    ["it sends garbage", { onRequest: new Uint8Array(4096).fill(0x41) }],
    ["it says that it ends", { onRequest: OFFER, onGo: encodeFrame(1, Kind.BUSY) }],
  ];
  for (const [name, behaviour] of cases) {
    test(name, async () => {
      using _fake = fakeDaemon(SOCKET, behaviour);
      await expectAttached(await call("ADD"));
      expect((await call("DEL")).exitCode).toBe(0);
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
    ["it never answers", { onRequest: OFFER }],
    [
      "it answers half",
      { onRequest: OFFER, onGo: encodeFrame(1, Kind.ANSWER, new Uint8Array(90)).subarray(0, 40) },
    ],
    ["it answers garbage", { onRequest: OFFER, onGo: new Uint8Array(64).fill(0x41) }],
    ["it lives and closes", { onRequest: OFFER, closesOnGo: true }],
  ];
  for (const [name, behaviour] of cases) {
    test(name, async () => {
      using fake = fakeDaemon(SOCKET, behaviour);
      const answer = await call("ADD", { HAWSER_ANSWER_TIMEOUT: "1" });
      expect(answer.exitCode).toBe(1);
      expect(JSON.parse(answer.stdout)).toMatchObject({ code: 11, cniVersion: "1.1.0" });
      expect(fake.went).toBe(1);
      expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
    });
  }
});
