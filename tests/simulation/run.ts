/** One seed: a fleet comes up, a storm goes over it, all is healed, and the history is judged. */
import { errorText } from "../../src/base/index.ts";
import {
  FleetKeys,
  type FleetView,
  readFleet,
  releasePrefix,
  resumeFleet,
} from "../../src/fleet/index.ts";
import { addressesOf } from "./addresses.ts";
import { ADD_LIMIT_MS, isUsable } from "./attachments.ts";
import { DirectStore } from "./direct-store.ts";
import { Storm } from "./faults.ts";
import type { Mutant } from "./mutants.ts";
import { type FaultKind, type Fixed, type Scenario, scenarioOf } from "./scenario.ts";
import { type Host, type MemberMaker, World } from "./world.ts";

export interface Run {
  readonly seed: number;
  readonly makeMember: MemberMaker;
  readonly off?: readonly FaultKind[];
  /** What is not left to chance. */
  readonly fixed?: Fixed;
  readonly mutant?: Mutant;
  readonly trace?: (line: string) => void;
}

export interface Verdict {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly breaches: readonly string[];
  readonly counts: World["counts"];
  /** Requests of a node in a quiet minute after all was healed: the most of all nodes. */
  readonly quietRequests: number;
}

const QUIET_MS = 20_000;
/** Two looks of a node that finds nothing, each as late as it may be: one begins a count, one takes what is free. */
const LOOKS_MS = 90_000;
/** Of so many seeds one is played to the last address; of the others only the storm is. */
const THOROUGH_EVERY = 10;

export function runSeed({ seed, makeMember, off = [], fixed = {}, mutant, trace }: Run): Verdict {
  const scenario = scenarioOf(seed, off, fixed);
  const world = new World({
    seed,
    scenario,
    makeMember,
    ...(mutant === undefined ? {} : { mutant }),
    ...(trace === undefined ? {} : { trace }),
  });
  for (let at = 1; at <= scenario.nodes; at++) world.boot(`n${at}`);
  world.timeline.runUntil(scenario.calmMs);
  const storm = new Storm(world);
  const stopLoad = load(world);
  const end = scenario.calmMs + scenario.stormMs;
  while (world.timeline.now() < end && world.judge.breaches.length === 0) {
    world.timeline.runUntil(Math.min(end, world.timeline.now() + 1000));
  }
  stopLoad();
  storm.end();
  world.timeline.runUntil(world.timeline.now());
  let quietRequests = 0;
  if (world.judge.breaches.length === 0 && seed % THOROUGH_EVERY === 0) {
    emptyOut(world);
    compareViews(world);
    quietRequests = quiet(world);
    drain(world);
  }
  const { breaches } = world.judge;
  return { seed, scenario, breaches, counts: world.counts, quietRequests };
}

/** ADDs and DELs on all machines, until what it returns is called. */
function load(world: World): () => void {
  let isOver = false;
  const { loadEveryMs, containers } = world.scenario;
  for (const host of world.hosts.values()) {
    const chance = world.chance(`load ${host.machine.name}`);
    const next = (): void => {
      world.timeline.after(chance.between(0, 2 * loadEveryMs), () => {
        if (isOver) return;
        const living = [...host.containers].filter((one) => world.judge.living.has(one));
        const isRunning = host.isWanted && !host.machine.isStopped;
        if (isRunning && host.containers.size < containers && chance.happens(0.7)) world.add(host);
        else if (isRunning && living.length > 0) world.del(host, chance.pick(living));
        next();
      });
    };
    next();
  }
  return () => {
    isOver = true;
  };
}

/** All containers go, and what was given away or lost meanwhile is sorted out. */
function emptyOut(world: World): void {
  const { timeline, scenario } = world;
  const { leaseSeconds, restMs, quarantineMs = 0 } = scenario.config;
  world.log("== all is well");
  // An ADD that waits is served or refused by then.
  const end = timeline.now() + ADD_LIMIT_MS + 2000;
  const hasWaiting = (): boolean =>
    [...world.hosts.values()].some(({ waiting }) => waiting.size > 0);
  do timeline.runUntil(timeline.now() + 1000);
  while (timeline.now() < end && hasWaiting());
  for (const host of world.hosts.values()) {
    for (const container of [...host.containers]) world.del(host, container);
  }
  world.log("== no container is left");
  resume(world);
  releaseLeft(world);
  const wait = 5 * leaseSeconds * 1000 + 2 * restMs + quarantineMs * 1.1 + LOOKS_MS;
  timeline.runUntil(timeline.now() + wait);
}

/** Where the store went back, an administrator says that it is to be believed again. */
function resume(world: World): void {
  const { engine, judge, timeline, scenario } = world;
  const { halt } = new FleetKeys(scenario.config.network);
  // What an answer that went back has led to looks the same.
  if (!judge.isRestored && !engine.entries.has(halt)) return;
  timeline.runUntil(timeline.now() + 10_000);
  const done = resumeFleet(new DirectStore(engine), scenario.config.network).catch(
    (error: unknown) => world.log(`not resumed: ${errorText(error)}`),
  );
  timeline.finish(done, 1000);
  judge.isRestored = false;
}

/**
 * Without a quarantine nothing frees what machines had that are gone for good while their id lives on: the copies.
 * An administrator does.
 */
function releaseLeft(world: World): void {
  const { engine, timeline } = world;
  const { config } = world.scenario;
  if (config.quarantineMs !== undefined) return;
  timeline.runUntil(timeline.now() + 5 * config.leaseSeconds * 1000 + 10_000);
  const store = new DirectStore(engine);
  const view = timeline.finish(readFleet(store, config.network), 1000)?.view;
  const shares = [...(view?.blocks.values() ?? [])].flatMap(({ shares: all }) => all);
  for (const { prefix, owner } of shares) {
    if (owner === undefined || owner.epoch === view?.nodes.get(owner.node)?.epoch) continue;
    const done = releasePrefix(store, config.network, prefix, { force: true });
    timeline.finish(
      done.catch((error: unknown) => world.log(`not released: ${errorText(error)}`)),
      1000,
    );
  }
}

/** What each daemon has made its overlay from is what the store says. */
function compareViews(world: World): void {
  const { timeline, engine, scenario, judge } = world;
  const store = new DirectStore(engine);
  const state = timeline.finish(readFleet(store, scenario.config.network), 1000);
  const truth = state?.view;
  for (const { machine, view } of world.hosts.values()) {
    const [seen, there] = [view, truth].map((one) => one && held(one));
    if (seen !== there) judge.breach(`${machine.name} sees ${seen}, and the store says ${there}`);
  }
}

/** Which node holds what, as a text. */
function held(view: FleetView): string {
  const nodes = [...view.owners()].sort();
  return nodes.map((node) => `${node}: ${view.prefixesOf(node).join(" ")}`).join("; ");
}

/** Nothing happens: no block changes, and few requests are made. */
function quiet(world: World): number {
  const { timeline, network } = world;
  world.log("== quiet");
  let changes = 0;
  world.engine.onChange((events) => {
    const keys = events.map((event) => (event.kind === "put" ? event.entry.key : event.key));
    changes += keys.filter((key) => /\/(block|node)\//.test(key)).length;
  });
  network.asked.clear();
  timeline.runUntil(timeline.now() + QUIET_MS);
  if (changes > 0) world.judge.breach(`${changes} blocks or nodes change while nothing happens`);
  const most = Math.max(...network.asked.values());
  if (most > quietBound(world)) {
    world.judge.breach(`${most} requests of a node in quiet ${QUIET_MS} ms`);
  }
  return most;
}

/** Requests that a node may make while nothing happens: two each time that it renews its lease, and its looks. */
function quietBound(world: World): number {
  const { leaseSeconds, quarantineMs = Number.POSITIVE_INFINITY } = world.scenario.config;
  const renewals = QUIET_MS / (leaseSeconds * 1000 * 0.25);
  const looks = QUIET_MS / Math.min(30_000, quarantineMs / 12);
  return Math.ceil(10 + 2 * renewals + 4 * looks);
}

/** One node is given all addresses of the fleet, down to the last. */
function drain(world: World): void {
  const [host] = world.hosts.values();
  if (host === undefined) return;
  world.log("== one node takes all");
  const wanted = Math.min(...usable(world));
  const parallel = 8;
  let refused = 0;
  for (let had = -1; host.containers.size < wanted && refused < 3; ) {
    had = host.containers.size;
    ask(world, host, Math.min(parallel, wanted - had));
    refused = host.containers.size === had ? refused + 1 : 0;
  }
  const got = host.containers.size;
  if (got < wanted) world.judge.breach(`only ${got} of ${wanted} addresses can be had`);
}

function ask(world: World, host: Host, count: number): void {
  const { timeline } = world;
  let open = count;
  for (let at = 0; at < count; at++) {
    world.add(host, () => {
      open--;
    });
  }
  const end = timeline.now() + 2 * ADD_LIMIT_MS;
  while (open > 0 && timeline.now() < end) timeline.runUntil(timeline.now() + 100);
  if (open > 0) world.judge.breach(`${open} ADDs are neither served nor refused`);
  timeline.runUntil(timeline.now() + 100);
}

/** Addresses of each subnet that containers can have: not the nodes' own and the subnet's. */
function usable(world: World): number[] {
  return world.scenario.config.subnets.map((subnet, index) => {
    const gateways = [...world.hosts.values()].flatMap(({ machine }) => {
      return machine.disk.picture?.subnets[index]?.gateway ?? [];
    });
    const all = addressesOf(subnet.toString()).filter((ip) => isUsable(subnet, ip));
    return all.length - new Set(gateways).size;
  });
}
