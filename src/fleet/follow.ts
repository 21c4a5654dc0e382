/** Follows a fleet: everything is read once, then watched from there. */
import {
  type CallOptions,
  type Event,
  type Revision,
  type Store,
  StoreError,
  under,
} from "../store/index.ts";
import { FleetKeys } from "./keys.ts";
import type { FleetConfig, MemberEvent } from "./member-port.ts";
import { readAll } from "./pages.ts";
import type { Chance, Clock } from "./ports.ts";
import { spacesOf } from "./space.ts";
import { FleetView } from "./view.ts";

export interface FollowOptions {
  readonly config: Pick<FleetConfig, "network" | "subnets" | "blockSizes">;
  readonly store: Store;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly report: (event: MemberEvent) => void;
  /**
   * Nodes are others now, or hold something else. After a reading it is called with all nodes, those of
   * before included: what happened meanwhile is in none of the changes.
   */
  readonly changed: (view: FleetView, nodes: ReadonlySet<string>) => void;
}

/** Pauses after a watch that ended, in milliseconds. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Until the signal; a watch that lost its place, or a store that was away, begins with a new reading. */
export async function followFleet(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { clock, chance, report } = options;
  let pauseMs = FIRST_PAUSE_MS;
  let before: FleetView | undefined;
  while (!signal.aborted) {
    try {
      const fleet = await readRecord(options, { signal });
      const { view, revision } = await readView(options, signal);
      options.changed(view, new Set([...nodesIn(before), ...nodesIn(view)]));
      before = view;
      pauseMs = FIRST_PAUSE_MS;
      await watch(options, { fleet, view, revision }, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (signal.aborted) return;
      const text = `the fleet ${options.config.network} is read anew: ${error.message}`;
      report({ kind: "read anew", text, isTrouble: error.fault !== "compacted" });
    }
    await clock.sleep(pauseMs * (0.5 + chance()), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** The fleet as it stands. */
export async function readView(
  { config, store }: Pick<FollowOptions, "config" | "store">,
  signal?: AbortSignal,
): Promise<{ readonly view: FleetView; readonly revision: Revision }> {
  const keys = new FleetKeys(config.network);
  const view = new FleetView(keys, spacesOf(config));
  const call = signal === undefined ? {} : { signal };
  const nodes = await readAll(store, keys.nodes, call);
  const blocks = await readAll(store, keys.blocks, call);
  // What is between the two would be in neither the reading nor the watch that goes on from it.
  if (blocks.revision < nodes.revision) wentBack(blocks.revision);
  for (const entry of [...nodes.entries, ...blocks.entries]) view.apply({ kind: "put", entry });
  return { view, revision: nodes.revision };
}

/** The fleet's own record, as it is written: it changes when a fleet goes on after a store that went back. */
async function readRecord(
  { config, store }: Pick<FollowOptions, "config" | "store">,
  call: CallOptions,
): Promise<string | undefined> {
  const { entries } = await store.read({ key: new FleetKeys(config.network).fleet }, call);
  return entries[0]?.value;
}

/** Between two looks whether the store has gone back, which a watch does not tell, in milliseconds. */
const LOOK_MS = 30_000;

/** Both kinds of keys are watched; when one watch ends, so does the other. */
async function watch(
  { config, store, clock, changed }: FollowOptions,
  from: {
    readonly fleet: string | undefined;
    readonly view: FleetView;
    readonly revision: Revision;
  },
  signal: AbortSignal,
): Promise<void> {
  const keys = new FleetKeys(config.network);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  let highest = from.revision;
  let { fleet } = from;
  // Two watches are not in step; neither gives anything of before the reading.
  const isStill = (revision: Revision): void => {
    if (revision < from.revision) wentBack(revision);
    if (revision > highest) highest = revision;
  };
  const one = async (prefix: string): Promise<void> => {
    try {
      const batches = store.watch(under(prefix), from.revision + 1n, { signal: either });
      for await (const { events, revision } of batches) {
        isStill(revision);
        const nodes = applyAll(from.view, events);
        if (nodes.size > 0) changed(from.view, nodes);
      }
    } finally {
      ended.abort();
    }
  };
  const look = async (): Promise<void> => {
    try {
      const { cluster } = await store.identify({ signal: either });
      while (!either.aborted) {
        await clock.sleep(LOOK_MS, either);
        if (either.aborted) return;
        const asked = highest;
        const now = await store.identify({ signal: either });
        if (now.cluster !== cluster || now.revision < asked) wentBack(now.revision);
        if (now.revision > highest) highest = now.revision;
        // A store that went back and has caught up is seen by this alone.
        const record = await readRecord({ config, store }, { signal: either });
        // One that its first node has set up meanwhile: all of it has been heard.
        fleet ??= record;
        if (record !== fleet) {
          throw new StoreError(
            "wrong answer",
            "the fleet has been set up, or has gone on after a halt",
          );
        }
      }
    } finally {
      ended.abort();
    }
  };
  const results = await Promise.allSettled([one(keys.nodes), one(keys.blocks), look()]);
  for (const result of results) {
    if (result.status === "rejected" && !isAborted(result.reason)) throw result.reason;
  }
}

function wentBack(revision: Revision): never {
  throw new StoreError("wrong answer", `the store has gone back to revision ${revision}`);
}

function applyAll(view: FleetView, events: readonly Event[]): Set<string> {
  return new Set(events.flatMap((event) => [...view.apply(event)]));
}

function nodesIn(view: FleetView | undefined): Iterable<string> {
  return view === undefined ? [] : [...view.nodes.keys(), ...view.owners()];
}

function isAborted(error: unknown): boolean {
  return error instanceof StoreError && error.fault === "aborted";
}
