/** A fleet is set up in its store, and goes on after a halt. */
import type { Condition, Entry, Store } from "../../store/index.ts";
import { differences, fleetRecordOf } from "../agreement.ts";
import { asSeen } from "../core.ts";
import { FleetKeys } from "../keys.ts";
import type { FleetConfig } from "../member-port.ts";
import { parseFleet } from "../parse.ts";
import type { FleetRecord } from "../records.ts";
import type { FleetReport } from "./report.ts";

/** Why a fleet could not be set up or resumed, for people. */
export class NotBegun extends Error {
  override name = "NotBegun";
}

/**
 * Writes the fleet's record, unless it is there: false.
 * @throws NotBegun where the fleet is another one than the configuration says; StoreError
 */
export async function initFleet(store: Store, config: FleetConfig): Promise<boolean> {
  const key = new FleetKeys(config.network).fleet;
  const { cluster } = await store.identify();
  const value = JSON.stringify(fleetRecordOf(config, cluster));
  const { done, found } = await store.transact([asSeen(key, undefined)], [{ put: key, value }]);
  if (done) return true;
  const entry = found.find((one) => one.key === key);
  const record = entry === undefined ? undefined : parseFleet(entry.value);
  if (record === undefined) throw new NotBegun(`${key} holds no record of this program`);
  const differing = differences(config, record);
  if (differing.length === 0) return false;
  throw new NotBegun(`the fleet ${config.network} is there, and differs: ${differing.join("; ")}`);
}

/** Nodes that have not asserted since the halt what they hold. */
export function notAsserted({ nodes, haltRevision }: FleetReport): string[] {
  return nodes.flatMap(({ id, state, record }) => {
    const isOpen = state !== "forgotten" && record?.asserted !== haltRevision;
    return isOpen ? [id] : [];
  });
}

/**
 * Ends the halt: the store is believed from now on, as it is.
 * @param least a generation that the fleet had already, as a node's picture knows it
 * @throws NotBegun where there is no halt, or something has changed meanwhile; StoreError
 */
export async function resumeFleet(
  store: Store,
  { network, haltRevision, record }: FleetReport,
  least: number,
): Promise<void> {
  const keys = new FleetKeys(network);
  if (haltRevision === undefined) throw new NotBegun(`the fleet ${network} is not halted`);
  const { cluster } = await store.identify();
  const { entries } = await store.read({ key: keys.fleet });
  const entry: Entry | undefined = entries[0];
  const generation = Math.max(record.generation, least) + 1;
  const next: FleetRecord = { ...record, cluster, generation };
  const conditions: Condition[] = [
    asSeen(keys.fleet, entry),
    { key: keys.halt, revision: BigInt(haltRevision) },
  ];
  const { done } = await store.transact(conditions, [
    { put: keys.fleet, value: JSON.stringify(next) },
    { delete: keys.halt },
  ]);
  if (!done) throw new NotBegun("the fleet has changed meanwhile: look again");
}
