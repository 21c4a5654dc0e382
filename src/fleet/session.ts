/** The two ways to a session: going on with that of this start of the machine, and winning the id anew. */
import { defined } from "../base/index.ts";
import { asSeen, type Core, Refused } from "./core.ts";
import { type Draft, holdTime, revise, withGateway } from "./draft.ts";
import { piecesOf } from "./holdings.ts";
import { parseHalt } from "./parse.ts";
import type { Picture } from "./picture.ts";
import type { AliveRecord, NodeRecord } from "./records.ts";
import type { Scene } from "./scene.ts";
import { wasWonHere, wonByAfter } from "./won-by.ts";

/** A node's id in an epoch, as picture and store name it. */
interface Name {
  readonly epoch: number;
  readonly session: string;
}

/** Goes on with the session of this start of the machine, or wins the id; @throws Refused */
export async function takeSession(core: Core, scene: Scene): Promise<void> {
  const own = knownName(core, scene) ?? restated(core, scene);
  if (own === undefined) await win(core, scene);
  else await establish(core, scene, own);
  await adopt(core, scene);
}

/** The session that the store and this node's picture both know. */
function knownName(core: Core, { mine, record, alive }: Scene): Name | undefined {
  const known = [mine, mine?.asking].find(
    (name) =>
      name?.boot === core.clock.boot &&
      name.epoch > (mine?.superseded ?? 0) &&
      name.epoch === record?.epoch &&
      name.session === record.session,
  );
  if (known === undefined) return undefined;
  // When the other one is gone, this one wins the id anew: what both held rests.
  if (known.epoch === core.copiedEpoch && alive === undefined) return undefined;
  // A process begins by taking the session over from the one before. Two that run at once are two
  // machines: the one that was there sees the other in its place, and leaves it.
  if (core.hasEntered && alive !== undefined && isAnother(core, alive)) {
    core.copiedEpoch = known.epoch;
    const why = `${core.title} is run by another process or machine, which goes on with it`;
    throw new Refused(why, { endsHold: true });
  }
  return { epoch: known.epoch, session: known.session };
}

/**
 * Whether the last word is not of this process. A copy of a machine that runs has the same name as its
 * original, and more words than this one has said; fewer are those of a store that went back.
 */
function isAnother({ member, words }: Core, alive: AliveRecord): boolean {
  return alive.member !== member || alive.word > words;
}

/** A session that a halted store has forgotten is given back to it: what the node holds is its own. */
function restated(core: Core, { mine, record, alive, haltEntry }: Scene): Name | undefined {
  if (haltEntry === undefined || mine === undefined || mine.boot !== core.clock.boot) {
    return undefined;
  }
  if (mine.epoch <= Math.max(record?.epoch ?? 0, mine.superseded ?? 0)) return undefined;
  if (alive !== undefined && alive.epoch >= mine.epoch) return undefined;
  return { epoch: mine.epoch, session: mine.session };
}

/** Wins the node's id for its next epoch; @throws Refused while another session of it lives */
async function win(core: Core, scene: Scene): Promise<void> {
  const { mine, record, alive } = scene;
  await noteSuperseded(core, scene);
  if (alive !== undefined) throw rival(core, scene);
  const epoch = Math.max(record?.epoch ?? 0, mine === undefined ? 0 : latestOf(mine)) + 1;
  const { boot } = core.clock;
  // What was asked before and not answered may yet be carried out: it is the same as what is asked now.
  const isAgain = mine?.asking?.boot === boot && mine.asking.epoch === epoch;
  const session = isAgain ? (mine.asking?.session ?? "") : core.token();
  await revise(core, (draft) => {
    draft.picture = { ...draft.picture, asking: { epoch, session, boot } };
  });
  await establish(core, scene, { epoch, session });
  core.report("won", `${core.title} has won its id, epoch ${epoch}`);
}

/** A store that goes back to before the id was won anew gives this machine its old epoch no more. */
async function noteSuperseded(core: Core, { mine, record }: Scene): Promise<void> {
  if (mine === undefined || record === undefined || record.session === mine.session) return;
  if (record.epoch < latestOf(mine)) return;
  await revise(core, (draft) => {
    draft.picture = { ...draft.picture, superseded: record.epoch };
  });
}

/** The latest epoch of its id that the node knows of. */
export function latestOf({ epoch, superseded = 0 }: Picture): number {
  return Math.max(epoch, superseded);
}

/** Why the id is not to be had: its last session lives, on this machine or on another. */
function rival(core: Core, { mine, record, alive }: Scene): Refused {
  const where = record?.underlay === undefined ? "" : ` at ${record.underlay}`;
  if (alive?.session !== mine?.session) {
    const why = `${core.title} lives on another machine${where}: this one needs an id of its own`;
    return new Refused(why, { endsHold: true });
  }
  const why = `${core.title} waits until the lease of its last start has ended, or lives on another machine${where}, of which this one is a copy`;
  return new Refused(why, { endsHold: true, passesInMs: 2 * core.config.leaseSeconds * 1000 });
}

/** Writes the session under a new lease; @throws SessionOver where something else was quicker */
async function establish(core: Core, scene: Scene, { epoch, session }: Name): Promise<void> {
  const { keys, node } = core;
  const { nodeEntry, aliveEntry, fleetEntry, haltEntry } = scene;
  const isKnown = scene.record?.epoch === epoch;
  const gateways = isKnown ? scene.record.gateways : [];
  const record = recordOf(core, scene.record, { epoch, session, gateways });
  const value = JSON.stringify(record);
  const isNews = value !== nodeEntry?.value;
  const owner = { node, epoch };
  const lease = await core.grant();
  const revision = await core.say(
    { owner, session, lease },
    [
      asSeen(keys.node(node), nodeEntry),
      asSeen(keys.alive(node), aliveEntry),
      asSeen(keys.fleet, fleetEntry),
      asSeen(keys.halt, haltEntry),
    ],
    [
      ...(isNews ? [{ put: keys.node(node), value }] : []),
      { delete: keys.quarantine(node, epoch) },
      // A machine that proves to be the one of before may have its blocks again at once.
      ...(scene.record !== undefined &&
      !isKnown &&
      wasWonHere(core, scene.record, scene.record.epoch)
        ? [{ delete: keys.quarantine(node, scene.record.epoch) }]
        : []),
    ],
  );
  core.established({
    owner,
    session,
    lease,
    record,
    nodeRevision: isNews ? revision : (nodeEntry?.revision ?? revision),
    aliveRevision: revision,
    fleet: scene.fleet,
    fleetRevision: fleetEntry.revision,
    cluster: scene.cluster,
    haltRevision: haltEntry?.revision,
    haltReason:
      haltEntry &&
      `the fleet is halted: ${parseHalt(haltEntry.value)?.reason ?? "for no known reason"}`,
  });
}

/** What the node says of itself; fields of newer programs stay. */
export function recordOf(
  core: Core,
  before: NodeRecord | undefined,
  now: Pick<NodeRecord, "epoch" | "session" | "gateways">,
): NodeRecord {
  const { underlay, mac, publicKey, machine, version } = core.facts;
  // What is not so any more must not stay from before.
  const stale = ["underlay", "mac", "publicKey", "machine", "wonBy", "asserted", "forgotten"];
  const kept = Object.entries(before ?? {}).filter(([name]) => !stale.includes(name));
  return {
    ...Object.fromEntries(kept),
    ...now,
    version,
    wonBy: wonByAfter(before, now.epoch, machine),
    ...defined({ underlay: underlay?.toString(), mac: mac?.toString(), publicKey, machine }),
  };
}

/** Notes the session as won. What the node held in an earlier epoch is to be won again. */
async function adopt(core: Core, { record }: Scene): Promise<void> {
  const { owner, session } = core.won;
  await revise(core, (draft) => {
    const { asking: _, superseded: __, disagreement: ___, ...own } = draft.picture;
    const { rest, confirmed, ...picture } = own;
    if (picture.epoch === owner.epoch && picture.session === session) {
      draft.picture = {
        ...picture,
        ...(rest === undefined ? {} : { rest }),
        ...(confirmed === undefined ? {} : { confirmed }),
      };
      return;
    }
    const { boot } = core.clock;
    // The picture is a new one: the store knows the address that living containers have for their gateway.
    const gateways = picture.epoch === 0 ? (record?.gateways ?? []) : [];
    const subnets = picture.subnets.map((each) => withGateway(each, gateways));
    const rested = { boot, atMs: core.clock.now() };
    draft.picture = { ...picture, subnets, rest: rested, epoch: owner.epoch, session, boot };
    restAll(draft);
  });
}

function restAll(draft: Draft): void {
  for (const space of draft.core.spaces) {
    const pieces = piecesOf(draft.picture.subnets[space.index]);
    draft.setPieces(
      space,
      pieces.map(({ prefix, state }) => ({ prefix, state: state === "lost" ? state : "resting" })),
    );
  }
  draft.picture = { ...draft.picture, ...holdTime(draft.core.config.quarantineMs) };
}
