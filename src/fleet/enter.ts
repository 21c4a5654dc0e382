/** How a member comes to its session: it agrees with the fleet, then goes on with its node id or wins it. */
import type { Condition, Entry } from "../store/index.ts";
import { contradiction, differences, fleetRecordOf } from "./agreement.ts";
import { asSeen, type Core, Refused } from "./core.ts";
import { parseAlive, parseFleet, parseNode } from "./parse.ts";
import type { Picture } from "./picture.ts";
import type { FleetRecord, HaltRecord } from "./records.ts";
import { latestOf, takeSession } from "./session.ts";

/**
 * Establishes the session of this process. Its transaction changes the revision of the session's key,
 * so that no transaction of before, whose answer was lost, can be carried out after it.
 *
 * @throws Refused where the configuration differs, or another machine has the id
 */
export async function enter(core: Core): Promise<void> {
  const picture = await core.files.read();
  // Compared with what the store answers from here on.
  const { highest } = core;
  const { cluster } = await core.identify();
  core.startAt(undefined);
  // By a transaction, which no member of the store answers by itself from what it has at hand.
  const { revision } = await core.transactFreely([asSeen(core.keys.halt, undefined)], []);
  core.startAt(revision);
  const { fleet, fleetEntry } = await agree(core, picture, { cluster, revision, highest });
  const differing = differences(core.config, fleet);
  if (differing.length > 0) {
    const what = `the configuration is not that of the fleet: ${differing.join("; ")}`;
    throw new Refused(what, { isOfConfiguration: true });
  }
  const { keys, node } = core;
  const [record, nodeEntry] = await readOwn(core, keys.node(node), parseNode);
  const [alive, aliveEntry] = await readOwn(core, keys.alive(node), parseAlive);
  const mine = picture?.node === node ? picture : undefined;
  if (
    mine !== undefined &&
    latestOf(mine) > (record?.epoch ?? 0) &&
    mine.generation === fleet.generation
  ) {
    const isSo = asSeen(keys.node(node), nodeEntry);
    await halt(core, `the store does not know epoch ${latestOf(mine)} of node ${node}`, [isSo]);
  }
  const haltEntry = await core.readKey(keys.halt);
  // A store that went back is halted by now, or an administrator has said that it is to be believed.
  core.startAnew();
  await takeSession(core, {
    cluster,
    mine,
    fleet,
    fleetEntry,
    haltEntry,
    record,
    nodeEntry,
    alive,
    aliveEntry,
  });
}

/** The fleet's record, which its first node makes. Where the store went back, the fleet is halted. */
async function agree(
  core: Core,
  picture: Picture | undefined,
  now: { readonly cluster: string; readonly revision: bigint; readonly highest: bigint },
): Promise<{ readonly fleet: FleetRecord; readonly fleetEntry: Entry }> {
  const { keys } = core;
  const [fleet, fleetEntry] = await readOwn(core, keys.fleet, parseFleet);
  // A picture of before the first session knows no store.
  const known = picture?.cluster === "" ? undefined : picture;
  const seen = known && { ...known, revision: latest(BigInt(known.revision), now.highest) };
  const reason =
    (seen === undefined ? undefined : contradiction(core.node, seen, { ...now, fleet })) ??
    (fleet === undefined || fleet.cluster === now.cluster
      ? undefined
      : `the fleet was set up on the store ${fleet.cluster}, and this one is ${now.cluster}`);
  if (reason !== undefined) await halt(core, reason);
  if (fleet !== undefined && fleetEntry !== undefined) return { fleet, fleetEntry };
  if (reason !== undefined) throw new Refused(`${reason}; hawser cluster init sets it up again`);
  const value = JSON.stringify(fleetRecordOf(core.config, now.cluster));
  const nothing = [asSeen(keys.fleet, undefined), asSeen(keys.halt, undefined)];
  await core.transactFreely(nothing, [{ put: keys.fleet, value }]);
  const [made, madeEntry] = await readOwn(core, keys.fleet, parseFleet);
  if (made === undefined || madeEntry === undefined) {
    throw new Refused("the fleet is halted, and its record is missing");
  }
  return { fleet: made, fleetEntry: madeEntry };
}

function latest(one: bigint, other: bigint): string {
  return (one > other ? one : other).toString();
}

/**
 * Says in the store that it is not to be believed; the first reason stays. Where the conditions do not hold,
 * the answer that was the reason was a wrong one.
 */
export async function halt(
  core: Core,
  reason: string,
  conditions: readonly Condition[] = [],
): Promise<void> {
  const record: HaltRecord = { reason, by: core.node };
  const { done } = await core.transactFreely(
    [asSeen(core.keys.halt, undefined), ...conditions],
    [{ put: core.keys.halt, value: JSON.stringify(record) }],
  );
  if (done) core.report("halted", `the fleet ${core.config.network} is halted: ${reason}`, true);
}

/** A record without which the node cannot go on; @throws Refused for another program's value */
async function readOwn<T>(
  core: Core,
  key: string,
  parse: (value: string) => T | undefined,
): Promise<readonly [T, Entry] | readonly [undefined, undefined]> {
  const entry = await core.readKey(key);
  if (entry === undefined) return [undefined, undefined];
  const record = parse(entry.value);
  if (record === undefined) throw new Refused(`${key} holds no record of this program`);
  return [record, entry];
}
