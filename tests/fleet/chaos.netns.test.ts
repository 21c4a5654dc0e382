import { expect, setDefaultTimeout } from "bun:test";
import { writeFileSync } from "node:fs";
import { Prefix } from "../../src/addr/index.ts";
import { BootClock } from "../../src/cluster/clock/index.ts";
import { addressesOf } from "../simulation/addresses.ts";
import { Chance } from "../simulation/chance.ts";
import { EXECUTABLE } from "../support/daemon.ts";
import { FleetLab, fleetNetwork } from "../support/fleet-lab.ts";
import { patient, STORM_SECONDS } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { History } from "./chaos/history.ts";
import { Members } from "./chaos/members.ts";
import { type Networks, Runtime } from "./chaos/runtime.ts";
import { Storm } from "./chaos/storm.ts";
import { fleetTest, isReady } from "./daemons.ts";

const NODES = 10;
/** Fewer blocks than nodes, so that blocks are split and single addresses wander. */
const SUBNET = "10.42.0.0/26";
const BLOCK_SIZE = 29;
const LEASE_S = 2;
const QUARANTINE_S = 6;
const REST_S = 2;
/** Containers that all runtimes together aim at: nearly all that there are addresses for. */
const CONTAINERS = 50;
const ACTS = 24;
const ACT_EVERY_MS = 1500;
const LOAD_EVERY_MS = 600;
const CALM_WITHIN_MS = 60_000;

const seed = process.env["HAWSER_CHAOS_SEED"] ?? String(Math.floor(Math.random() * 1e9));

setDefaultTimeout(patient(300_000 + STORM_SECONDS * 1000));

fleetTest("ten nodes and three members of etcd keep every address in a storm", async () => {
  const started = performance.now();
  const trace: string[] = [];
  const say = (line: string): void => {
    trace.push(`${((performance.now() - started) / 1000).toFixed(1)} ${line}`);
  };
  await using lab = await FleetLab.create();
  await using members = await Members.start();
  const networks = networksOf(members);
  const clock = new BootClock();
  const history = new History(QUARANTINE_S * 1000);
  const runtimes = (await lab.start(NODES)).map((node) => {
    const chance = new Chance(`${seed} ${node.name}`);
    return new Runtime({ node, networks, history, clock, chance });
  });
  for (const runtime of runtimes) await runtime.prepare();
  await Promise.all(runtimes.map(async ({ node }) => await node.startDaemon()));
  await allReady(runtimes);
  say("all are ready");
  try {
    const chance = new Chance(seed);
    const storm = new Storm({ runtimes, members, history, clock, chance, say });
    const stopLoad = load(runtimes);
    await until(
      "there are containers",
      () => history.living().length > CONTAINERS / 2,
      CALM_WITHIN_MS,
    );
    storm.silence();
    for (let act = 0; act < ACTS || performance.now() - started < STORM_SECONDS * 1000; act++) {
      storm.act();
      await Bun.sleep(ACT_EVERY_MS);
    }
    await storm.end();
    await stopLoad();
    say(`all is well; ${storm.losses} parts of blocks were taken from nodes that were away`);
    await judge(runtimes, history, say);
  } finally {
    tell([`HAWSER_CHAOS_SEED=${seed}`, ...trace, summary(runtimes, history)].join("\n"));
  }
  expect(history.breaches).toEqual([]);
});

/** The runner shows what a test that failed printed; the file has it always. */
function tell(text: string): void {
  const path = process.env["HAWSER_CHAOS_LOG"];
  if (path !== undefined) writeFileSync(path, `${text}\n`);
  console.log(text);
}

function networksOf({ etcd }: Members): Networks {
  const whole = fleetNetwork({
    ...{ subnet: SUBNET, blockSize: BLOCK_SIZE, overlay: "none" },
    store: { etcd: { endpoints: etcd.endpoints, timeout: "2s" } },
    ipam: {
      ...{ lease: `${LEASE_S}s`, quarantine: `${QUARANTINE_S}s`, rest: `${REST_S}s` },
      wait: "4s",
    },
  });
  const plugins = whole.plugins.map((plugin) => ({ ...plugin, type: "cluster" }));
  return { whole, alone: { ...whole, plugins } };
}

async function allReady(runtimes: readonly Runtime[]): Promise<void> {
  for (const { node } of runtimes) {
    await until(`${node.name} is ready`, async () => await isReady(node), CALM_WITHIN_MS);
  }
}

/** ADDs and DELs on all nodes, until what it returns is called. */
function load(runtimes: readonly Runtime[]): () => Promise<void> {
  let isOver = false;
  const most = Math.ceil(CONTAINERS / runtimes.length);
  const loads = runtimes.map(async (runtime, at) => {
    const chance = new Chance(`${seed} load ${at}`);
    while (!isOver) {
      await Bun.sleep(patient(chance.between(0, 2 * LOAD_EVERY_MS)));
      if (!runtime.isOn) continue;
      if (chance.happens(0.5)) await runtime.deleteDoubtful();
      if (!runtime.isOn) continue;
      const isAdd = runtime.count === 0 || (runtime.count < most && chance.happens(0.65));
      const killAfterMs = chance.happens(0.05) ? chance.whole(1, 40) : undefined;
      const isWhole = chance.happens(0.1);
      if (!isAdd) await runtime.del();
      else if (killAfterMs === undefined) await runtime.add({ isWhole });
      else await runtime.add({ isWhole, killAfterMs });
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(loads);
  };
}

/** What is left after the storm: what was lost is named, nothing is kept, and every address can be had. */
async function judge(
  runtimes: readonly Runtime[],
  history: History,
  say: (line: string) => void,
): Promise<void> {
  await allReady(runtimes);
  for (const runtime of runtimes) {
    await until(
      `${runtime.node.name} deletes what is in doubt`,
      async () => {
        await runtime.deleteDoubtful();
        return !runtime.hasDoubts;
      },
      CALM_WITHIN_MS,
    );
  }
  for (const runtime of runtimes) {
    const { name } = runtime.node;
    history.hasFiles(name, runtime.files());
    const lost = await runtime.check();
    if (lost.length > 0) {
      const addresses = lost.map((one) => runtime.address(one));
      say(`${name} names ${addresses.join(" ")} as lost`);
      const { stdout } = await runtime.node.run([EXECUTABLE, "cluster", "check"]);
      for (const address of addresses) {
        const isNamed = new RegExp(`${name} has lost .*keep .*${address}(?![0-9])`, "u").test(
          stdout,
        );
        if (isNamed) continue;
        history.breaches.push(`lost: ${address} of ${name}: cluster check says ${stdout}`);
      }
    }
    // The remedy of that finding.
    for (const one of lost) await runtime.del(one);
    await runtime.collect();
    history.hasOnly(name, runtime.files());
  }
  say("GC has run on all nodes");
  await giveAll(runtimes, history);
  say("every address is given");
  for (const { node } of runtimes) {
    history.hasOnly(node.name, runtimeOf(runtimes, node.name).files());
  }
}

function runtimeOf(runtimes: readonly Runtime[], name: string): Runtime {
  const found = runtimes.find(({ node }) => node.name === name);
  if (found === undefined) throw new Error(`there is no node ${name}`);
  return found;
}

/** All nodes attach containers until there is no address left. */
async function giveAll(runtimes: readonly Runtime[], history: History): Promise<void> {
  const end = performance.now() + patient(CALM_WITHIN_MS);
  await Promise.all(
    runtimes.map(async (runtime) => {
      while (history.living().length < open(runtimes).length && performance.now() < end) {
        await runtime.add();
      }
    }),
  );
  for (const runtime of runtimes) {
    for (const gateway of gatewaysOf(runtime)) {
      history.isGateway(runtime.node.name, gateway, Number.POSITIVE_INFINITY);
    }
  }
  history.hasAll(open(runtimes));
}

/** Addresses that containers can have: not the subnet's own, and not those of the nodes. */
function open(runtimes: readonly Runtime[]): string[] {
  const gateways = new Set(runtimes.flatMap(gatewaysOf));
  const subnet = Prefix.parse(SUBNET);
  const ends = [subnet.first(), subnet.last()].map(String);
  return addressesOf(SUBNET)
    .map(String)
    .filter((address) => !gateways.has(address) && !ends.includes(address));
}

function gatewaysOf(runtime: Runtime): string[] {
  return (runtime.picture()?.subnets ?? []).flatMap(({ gateway }) => gateway ?? []);
}

function summary(runtimes: readonly Runtime[], history: History): string {
  const refusals = new Map<string, number>();
  for (const runtime of runtimes) {
    for (const [text, count] of runtime.refusals) {
      refusals.set(text, (refusals.get(text) ?? 0) + count);
    }
  }
  const { acknowledged, excused, breaches } = history;
  return [
    `${acknowledged} ADDs acknowledged, ${excused.length} addresses given again after a quarantine, ${breaches.length} breaches`,
    ...[...refusals].map(([text, count]) => `  ${count} × ${text}`),
  ].join("\n");
}
