/** What an administrator changes: sets a fleet up, resumes it, gives up a node, frees a prefix. */
import type { Prefix } from "../addr/index.ts";
import { type Change, type Condition, type Store, StoreError } from "../store/index.ts";
import { differences, fleetRecordOf } from "./agreement.ts";
import { FleetKeys } from "./keys.ts";
import type { FleetConfig } from "./member-port.ts";
import { fleetReport, openNodes } from "./operator/index.ts";
import { readAll } from "./pages.ts";
import { parseBlock, parseFleet, parseNode, parseSticky } from "./parse.ts";
import { assigned, isSame, type Owner, partsOf, type Share, sharesOf } from "./parts.ts";
import { common } from "./pieces.ts";
import type { FreedRecord, NodeRecord, StickyRecord } from "./records.ts";
import { type FleetState, readFleet } from "./state.ts";

/** An action that was not carried out, and why: a sentence for people. */
export class NotDone extends Error {
  override name = "NotDone";
}

/** So often a change is tried while the fleet changes the same block. */
const TRIES = 10;

/** Sets a fleet up; false where it is, with this configuration. @throws NotDone where it has another */
export async function initFleet(store: Store, config: FleetConfig): Promise<boolean> {
  const { fleet: key } = new FleetKeys(config.network);
  const { cluster } = await store.identify();
  const value = JSON.stringify(fleetRecordOf(config, cluster));
  const { done, found } = await store.transact([{ key, is: "absent" }], [{ put: key, value }]);
  if (done) return true;
  const fleet = parseFleet(found[0]?.value ?? "");
  if (fleet === undefined) throw new NotDone(`${key} holds no record of this program`);
  const differing = differences(config, fleet);
  if (differing.length === 0) return false;
  throw new NotDone(`the network has a fleet already, and it differs: ${differing.join("; ")}`);
}

/** The ids of the nodes that have not yet asserted what they hold in a fleet that is halted. */
export function notAsserted(state: FleetState): string[] {
  return openNodes(fleetReport(state)).map(({ id }) => id);
}

/**
 * Ends a halt: from here on the store is believed as it is.
 * @param without nodes that need not have asserted: what they hold and the store does not know is lost
 * @throws NotDone where there is no halt, or other nodes have not asserted what they hold
 */
export async function resumeFleet(
  store: Store,
  network: string,
  without: ReadonlySet<string> = new Set(),
): Promise<void> {
  const keys = new FleetKeys(network);
  const state = await readFleet(store, network);
  if (state?.halt === undefined) throw new NotDone(`the fleet ${network} is not halted`);
  const missing = notAsserted(state).filter((id) => !without.has(id));
  if (missing.length > 0) {
    throw new NotDone(`not yet heard of: ${missing.join(", ")}; what they hold may be given away`);
  }
  const { entries } = await store.read({ key: keys.fleet });
  const { cluster } = await store.identify();
  const fleet = { ...state.fleet, cluster, generation: state.fleet.generation + 1 };
  const { done } = await store.transact(
    [
      { key: keys.halt, revision: state.halt.revision },
      { key: keys.fleet, revision: entries[0]?.revision ?? 0n },
    ],
    [{ delete: keys.halt }, { put: keys.fleet, value: JSON.stringify(fleet) }],
  );
  if (!done) throw new NotDone("the halt has changed meanwhile");
}

/**
 * Gives a node up: its id is won anew when it comes back, and what it held is free, as are its names.
 * @throws NotDone for a node that lives, unless forced
 */
export async function forgetNode(
  store: Store,
  network: string,
  node: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<readonly Prefix[]> {
  const keys = new FleetKeys(network);
  const state = await readFleet(store, network);
  if (state === undefined) throw new NotDone(`the network ${network} has no fleet`);
  const report = fleetReport(state).nodes.find(({ id }) => id === node);
  if (report === undefined) throw new NotDone(`the fleet ${network} has no node ${node}`);
  if (report.state === "alive" && !force) throw new NotDone(`node ${node} lives`);
  const { entries } = await store.read({ key: keys.node(node) });
  const record = parseNode(entries[0]?.value ?? "");
  if (entries[0] !== undefined && record === undefined) {
    throw new NotDone(`${keys.node(node)} holds no record of this program`);
  }
  // No process has its session: the node has to win its id before it does anything with the store.
  const gone: NodeRecord = {
    ...record,
    epoch: (record?.epoch ?? 0) + 1,
    session: "",
    gateways: [],
    version: record?.version ?? "",
    forgotten: true,
  };
  const isNode: Condition =
    entries[0] === undefined
      ? { key: keys.node(node), is: "absent" }
      : { key: keys.node(node), revision: entries[0].revision };
  const isDead: Condition[] = force ? [] : [{ key: keys.alive(node), is: "absent" }];
  const old = state.quarantines.filter(({ owner }) => owner.node === node);
  const { done } = await store.transact(
    [isNode, ...isDead, { key: keys.halt, is: "absent" }],
    [
      { put: keys.node(node), value: JSON.stringify(gone) },
      { delete: keys.alive(node) },
      ...old.map(({ owner }) => ({ delete: keys.quarantine(node, owner.epoch) })),
    ],
  );
  if (!done) throw new NotDone(`node ${node} has come back, or the fleet is halted`);
  const isGone = (owner: Owner): boolean => owner.node === node && owner.epoch < gone.epoch;
  await freeAll(store, network, isGone, { evenAlive: true });
  await freeNames(store, network, isGone);
  return report.holds;
}

/**
 * Frees what lies in a prefix, whichever node has it.
 * @throws NotDone where a node that lives has some of it, unless forced
 */
export async function releasePrefix(
  store: Store,
  network: string,
  prefix: Prefix,
  { force = false }: { readonly force?: boolean } = {},
): Promise<readonly Share[]> {
  const state = await readFleet(store, network);
  if (state === undefined) throw new NotDone(`the network ${network} has no fleet`);
  if (state.halt !== undefined) throw new NotDone(`the fleet ${network} is halted`);
  const shares = [...state.view.blocks.values()]
    .flatMap(({ shares: all }) => all)
    .filter(({ owner, prefix: own }) => owner !== undefined && common(own, prefix) !== undefined);
  const held = shares.find(({ owner }) => owner !== undefined && state.alive.has(owner.node));
  if (held !== undefined && !force) {
    throw new NotDone(`${held.prefix} is held by node ${held.owner?.node}, which lives`);
  }
  const known = shares.flatMap(({ owner }) => owner ?? []);
  const isKnown = (owner: Owner): boolean => known.some((each) => isSame(each, owner));
  await freeAll(store, network, isKnown, { within: prefix, evenAlive: force });
  return shares;
}

/**
 * Frees a name: its next ADD gets other addresses, and those that it had are like others of the node that
 * holds them. A container that has them keeps them.
 * @throws NotDone for a name that no address follows
 */
export async function releaseName(
  store: Store,
  network: string,
  name: string,
): Promise<StickyRecord> {
  const keys = new FleetKeys(network);
  const key = keys.sticky(name);
  for (let tries = 0; tries < TRIES; tries++) {
    const [entry] = (await store.read({ key })).entries;
    if (entry === undefined) throw new NotDone(`no address follows the name ${name}`);
    const record = parseSticky(entry.value);
    if (record === undefined) throw new NotDone(`${key} holds no record of this program`);
    const freed: FreedRecord = { name };
    const { done } = await store.transact(
      [
        { key, revision: entry.revision },
        { key: keys.halt, is: "absent" },
      ],
      [{ delete: key }, { put: keys.freed(record.node, name), value: JSON.stringify(freed) }],
    );
    if (done) return record;
  }
  throw new NotDone(`${name} changes its node all the time, or the fleet is halted`);
}

/** Frees the names that were last on nodes that are given up: no living node has to learn of it. */
async function freeNames(
  store: Store,
  network: string,
  test: (owner: Owner) => boolean,
): Promise<void> {
  const keys = new FleetKeys(network);
  for (const { key, value, revision } of (await readAll(store, keys.stickies)).entries) {
    const record = parseSticky(value);
    if (record === undefined || !test(record)) continue;
    // Where it is not so any more, the name is on another node.
    await store.transact(
      [
        { key, revision },
        { key: keys.halt, is: "absent" },
      ],
      [{ delete: key }],
    );
  }
}

/** What is freed beside what a test says. */
interface Freeing {
  readonly within?: Prefix;
  /** Also where an owner has come to life meanwhile: its earlier epochs are over. */
  readonly evenAlive: boolean;
}

/** Frees the parts whose owners the test names, block by block. @throws NotDone for one that lives */
async function freeAll(
  store: Store,
  network: string,
  test: (owner: Owner) => boolean,
  { within, evenAlive }: Freeing,
): Promise<void> {
  const keys = new FleetKeys(network);
  for (let tries = 0; tries < TRIES; tries++) {
    const state = await readFleet(store, network);
    if (state === undefined) return;
    let isDone = true;
    for (const [key, { block, shares }] of state.view.blocks) {
      if (freed(shares, test, within).owners.size === 0) continue;
      const [entry] = (await store.read({ key })).entries;
      // It may be another one by now: what it says decides, in whatever spelling.
      const now = entry && sharesOf(block, parseBlock(entry.value)?.parts ?? []);
      if (entry === undefined || now === undefined) continue;
      const { after, owners } = freed(now, test, within);
      if (owners.size === 0) continue;
      // A node that lives asks for its blocks anew when the key of its lease is gone.
      const gone = [...owners].map((owner): Change => ({ delete: keys.alive(owner) }));
      const isDead = [...owners].map((owner): Condition => {
        return { key: keys.alive(owner), is: "absent" };
      });
      const { done, found } = await store.transact(
        [
          { key, revision: entry.revision },
          { key: keys.halt, is: "absent" },
          ...(evenAlive ? [] : isDead),
        ],
        [{ put: key, value: JSON.stringify({ parts: partsOf(after) }) }, ...gone],
      );
      isDone &&= done;
      const alive = [...owners].find((owner) =>
        found.some((each) => each.key === keys.alive(owner)),
      );
      if (!done && !evenAlive && alive !== undefined) throw new NotDone(`node ${alive} lives`);
    }
    if (isDone) return;
  }
  throw new StoreError("refused", "the fleet changes faster than its blocks are freed");
}

function freed(
  shares: readonly Share[],
  test: (owner: Owner) => boolean,
  within: Prefix | undefined,
): { readonly after: Share[]; readonly owners: ReadonlySet<string> } {
  let after = [...shares];
  const owners = new Set<string>();
  for (const { prefix, owner } of shares) {
    const both = within === undefined ? prefix : common(prefix, within);
    if (owner === undefined || both === undefined || !test(owner)) continue;
    owners.add(owner.node);
    after = assigned(after, both, undefined);
  }
  return { after, owners };
}
