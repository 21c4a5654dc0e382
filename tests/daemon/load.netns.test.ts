import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { type ChainRequest, type ChainResult, runChain, runPlugin } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";

/** Many containers at once, while the daemon is killed again and again. */

const test = skipBecause(entriesMissing());
const COUNT = 50;
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const ROUNDS = Number(process.env["HAWSER_FAULT_RUNS"] ?? 1) || 1;
/** So many times the daemon is killed at least. `HAWSER_KILLS=300` is the long form, of ten minutes. */
const KILLS = Number(process.env["HAWSER_KILLS"] ?? 5) || 5;
const [MIN_LIFE_MS, MAX_LIFE_MS] = [50, 500];
const KILL_WITHIN_MS = 5000;

let host: Host;
const containers: Container[] = [];

beforeAll(async () => {
  host = await Host.create();
  for (let n = 0; n < COUNT; n++) containers.push(await host.container(`n${n}`));
});
afterEach(async () => {
  await host.tidy();
});
afterAll(async () => {
  for (const container of containers) await host.remove(container);
});

function request(operation: ChainRequest["operation"], n: number): ChainRequest {
  const attachment = {
    ...{ containerId: `c${n}`, netns: `/run/netns/n${n}`, ifName: "eth0" },
    capabilityArgs: mapTcp(8000 + n, 80),
  };
  return { dir: ENTRIES, list: LIST, operation, attachment };
}

/** Runs one operation for all containers, and gives the results in their order. */
async function all(operation: ChainRequest["operation"]): Promise<(ChainResult | undefined)[]> {
  const answers = containers.map((_, n) => runChain(request(operation, n)));
  return (await Promise.all(answers)).map(({ result }) => result);
}

async function expectNothingLeft(): Promise<void> {
  expect(await must(["ip", "-o", "link", "show", "type", "veth"])).toBe("");
  const files = readdirSync("/var/lib/cni/networks/dbnet");
  expect(files.filter((name) => name.startsWith("10."))).toEqual([]);
  expect(await must(["nft", "list", "ruleset"])).not.toMatch(/elements|10\.1\.0\.\d+ ?[.:}]/);
  const journal = "/run/hawser/attachments";
  expect(existsSync(journal) ? readdirSync(journal) : []).toEqual([]);
}

function expectDistinct(results: readonly (ChainResult | undefined)[]): void {
  const addresses = results.map((result) => result?.ips?.[0]?.address);
  expect(addresses).not.toContain(undefined);
  expect(new Set(addresses).size).toBe(COUNT);
}

test(
  "fifty at once are served by the daemon, and nothing is left",
  async () => {
    await using daemon = await TestDaemon.start();
    expectDistinct(await all("ADD"));
    await all("DEL");
    expect(await daemon.end()).toBe(0);
    await expectNothingLeft();
  },
  patient(60_000),
);

test(
  "fifty at once, while the daemon is killed at random moments: no call fails",
  async () => {
    let isOver = false;
    let kills = 0;
    let served = 0;
    let calls = 0;
    const killing = (async () => {
      while (!isOver) {
        const daemon = await TestDaemon.start();
        await Bun.sleep(MIN_LIFE_MS + Math.random() * (MAX_LIFE_MS - MIN_LIFE_MS));
        await daemon.end("SIGKILL");
        kills++;
        served += daemon.calls.length;
      }
    })();
    try {
      for (let round = 0; round < ROUNDS || kills < KILLS; round++) {
        const results = await all("ADD");
        expectDistinct(results);
        for (const [n, result] of results.entries()) {
          const address = (result?.ips?.[0]?.address ?? "").replace("/16", "");
          expect(await must(["ip", "-n", `n${n}`, "-j", "address"])).toContain(`"${address}"`);
        }
        await all("DEL");
        calls += 2 * COUNT * LIST.plugins.length;
      }
    } finally {
      isOver = true;
      await killing;
    }
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(served).toBeGreaterThan(0);
    await using daemon = await TestDaemon.start();
    // What a killed call of DEL may leave is for GC.
    const gc = { ...request("GC", 0), validAttachments: [] };
    await runChain({ ...gc, call: runPlugin });
    expect(await daemon.end()).toBe(0);
    await expectNothingLeft();
    process.stderr.write(`${kills} kills, ${calls} calls, ${served} of them served by daemons\n`);
  },
  patient(Math.max(240_000, KILLS * KILL_WITHIN_MS)),
);
