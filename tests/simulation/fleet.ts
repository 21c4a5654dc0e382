/** How much a large fleet asks of its store: counted on members in virtual time, with 5 ms to the engine. */
import { Prefix } from "../../src/addr/index.ts";
import { isServingNow } from "./belief.ts";
import type { Engine } from "./engine.ts";
import { type MemberMaker, World } from "./world.ts";

/** Each way; many times what is usual within a data centre. */
const DELAY_MS = 2.5;
const MINUTE_MS = 60_000;
/** Streams that a node keeps open: its mail, and for the overlay nodes and blocks. */
const WATCHES = 3;

export interface FleetNumbers {
  readonly nodes: number;
  readonly keys: number;
  readonly bytes: number;
  readonly watches: number;
  /** Requests of the whole fleet until each node can serve, by kind. */
  readonly boot: Engine["counts"];
  /** Until the last node can serve, where the engine is as fast as it is asked. */
  readonly bootMs: number;
  /** Changes of nodes and blocks in that time, which each node's overlay hears of, and their bytes. */
  readonly events: number;
  readonly eventBytes: number;
  /** Requests of the whole fleet in a minute in which nothing happens, by kind. */
  readonly minute: Engine["counts"];
  readonly minuteChanges: number;
}

export function countFleet(nodes: number, makeMember: MemberMaker): FleetNumbers {
  const world = new World({
    seed: 1,
    makeMember,
    isFollowed: false,
    scenario: {
      config: {
        network: "pods",
        subnets: [Prefix.parse("10.0.0.0/12")],
        blockSizes: [26],
        quarantineMs: 600_000,
        leaseSeconds: 30,
        restMs: 3_600_000,
        overlay: "vxlan",
      },
      nodes,
      calmMs: 0,
      stormMs: 0,
      faultEveryMs: 0,
      loadEveryMs: 0,
      containers: 0,
      drawn: [],
      faults: new Set(),
    },
  });
  const { engine, timeline, network } = world;
  network.weather.delayMs = DELAY_MS;
  let [events, eventBytes, changes] = [0, 0, 0];
  engine.onChange((batch) => {
    changes++;
    for (const event of batch) {
      const key = event.kind === "put" ? event.entry.key : event.key;
      if (!/\/(node|block)\//u.test(key)) continue;
      events++;
      eventBytes += key.length + (event.kind === "put" ? event.entry.value.length : 0);
    }
  });
  for (let at = 0; at < nodes; at++) world.boot(`node-${String(at).padStart(5, "0")}`);
  const isUp = (): boolean =>
    [...world.hosts.values()].every(({ machine }) => isServingNow(machine));
  while (!isUp() && timeline.now() < 10 * MINUTE_MS) timeline.runUntil(timeline.now() + 10);
  const [bootMs, boot] = [timeline.now(), { ...engine.counts }];
  const [bootEvents, bootBytes] = [events, eventBytes];
  timeline.runUntil(timeline.now() + 2 * MINUTE_MS);
  const before = { ...engine.counts };
  changes = 0;
  timeline.runUntil(timeline.now() + MINUTE_MS);
  let bytes = 0;
  for (const { key, value } of engine.entries.values()) bytes += key.length + value.length;
  return {
    nodes,
    keys: engine.entries.size,
    bytes,
    watches: WATCHES * nodes,
    boot,
    bootMs,
    events: bootEvents,
    eventBytes: bootBytes,
    minute: difference(engine.counts, before),
    minuteChanges: changes,
  };
}

function difference(after: Engine["counts"], before: Engine["counts"]): Engine["counts"] {
  const kinds = Object.keys(after) as (keyof Engine["counts"])[];
  const result = { ...after };
  for (const kind of kinds) result[kind] -= before[kind];
  return result;
}

/** What etcd's documentation says of its limits on usual machines. */
const ETCD = { writesPerSecond: 10_000, readsPerSecond: 40_000, bytes: 8e9 };

/** The numbers as a table for people. */
export function printFleet(numbers: FleetNumbers): string {
  const { nodes, keys, bytes, watches, boot, bootMs, events, eventBytes, minute } = numbers;
  const writes = boot.transact + boot.grant;
  const reads = boot.read;
  const secondsOfEtcd = writes / ETCD.writesPerSecond + reads / ETCD.readsPerSecond;
  const perSecond = (count: number): string => (count / 60).toFixed(0);
  const rows: (readonly [string, string])[] = [
    ["nodes", `${nodes}`],
    ["keys", `${keys} (${(keys / nodes).toFixed(1)} a node)`],
    ["bytes of keys and values", `${mega(bytes)} MB of etcd's ${mega(ETCD.bytes)} MB`],
    ["watches", `${watches}`],
    ["boot: reads, transactions, leases", `${reads}, ${boot.transact}, ${boot.grant}`],
    ["boot: time with an engine without limit", `${(bootMs / 1000).toFixed(1)} s`],
    ["boot: time that etcd's limits add", `${secondsOfEtcd.toFixed(1)} s`],
    ["boot: changes that each overlay hears of", `${events}, ${mega(eventBytes)} MB`],
    ["boot: bytes to all overlays", `${mega(eventBytes * nodes)} MB`],
    ["quiet: lease renewals a second", perSecond(minute.renew)],
    ["quiet: confirmations a second", perSecond(minute.transact)],
    ["quiet: reads a second", perSecond(minute.read)],
    ["quiet: changes a minute", `${numbers.minuteChanges}`],
  ];
  return [
    "| what | how much |",
    "| --- | --- |",
    ...rows.map(([what, much]) => `| ${what} | ${much} |`),
  ].join("\n");
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
