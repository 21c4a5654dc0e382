/** Where a node gets addresses: blocks never used, parts given back, what dead nodes had. */
import { type Entry, under } from "../store/index.ts";
import { relation } from "./blocks.ts";
import { type Aim, claim, freshBlock } from "./claim.ts";
import { asSeen, type Core, type KnownBlock } from "./core.ts";
import { removeFinished } from "./finished.ts";
import { look, type Sight } from "./look.ts";
import { parseQuarantine } from "./parse.ts";
import type { Owner, Share } from "./parts.ts";
import { compare } from "./pieces.ts";
import { type Quarantines, whatSaysOver } from "./quarantine.ts";
import type { Space } from "./space.ts";

/** So often a claim is tried while other nodes are quicker. */
const TRIES = 4;
/** Counts of dead nodes that are read at once, and the most such readings. */
const COUNTS = 1000;
const READINGS = 32;
/** Owners that are looked at in search of dead ones, in a look without success. */
const GUESSES = 8;

/** What a search has come to. */
export interface Supply {
  /** Pieces that were taken. */
  readonly taken: number;
  /** What the last look saw. */
  readonly sight: Sight;
}

/** Takes up to so many pieces of a subnet: free before dead, the oldest dead first. */
export async function fetch(
  core: Core,
  quarantines: Quarantines,
  space: Space,
  blocks: number,
): Promise<Supply> {
  let sight: Sight = { fresh: [], used: [] };
  for (let tries = 0; tries < TRIES; tries++) {
    sight = await look(core, space, blocks);
    const aims =
      firstOf(sight.fresh.map((block) => freshBlock(core, block, space.index))) ??
      firstOf(freeAims(sight.used).slice(0, blocks)) ??
      (await deadAims(core, quarantines, sight.used)).slice(0, blocks);
    if (aims.length === 0) break;
    if (!(await claim(core, aims))) continue;
    for (const owner of emptied(sight.used, aims)) await removeFinished(core, owner);
    return { taken: aims.length, sight };
  }
  return { taken: 0, sight };
}

/** Owners of which a search saw nothing but what was taken. */
function emptied(used: readonly KnownBlock[], aims: readonly Aim[]): Owner[] {
  const owners = new Map<string, Owner>();
  const rich = new Set<string>();
  for (const known of used) {
    for (const { prefix, owner } of known.shares ?? []) {
      if (owner === undefined) continue;
      const name = `${owner.node}/${owner.epoch}`;
      const isTaken = aims.some((aim) => aim.known === known && aim.prefix.equals(prefix));
      if (isTaken) owners.set(name, owner);
      else rich.add(name);
    }
  }
  return [...owners].flatMap(([name, owner]) => (rich.has(name) ? [] : [owner]));
}

function firstOf<T>(some: readonly T[]): readonly T[] | undefined {
  return some.length === 0 ? undefined : some;
}

/** Parts that were given back, the largest first, one of a block. */
function freeAims(used: readonly KnownBlock[]): Aim[] {
  return pick(used, ({ owner }) => owner === undefined)
    .sort((one, other) => one.share.prefix.length - other.share.prefix.length)
    .map(({ known, share }) => ({ known, prefix: share.prefix, conditions: [] }));
}

/** Parts whose owner's quarantine is over, those of the longest dead first. */
async function deadAims(
  core: Core,
  quarantines: Quarantines,
  used: readonly KnownBlock[],
): Promise<Aim[]> {
  const { quarantineMs } = core.config;
  if (quarantineMs === undefined) return [];
  const entries = await countsOf(core, ownersOf(core, used));
  const over = entries.flatMap((entry) => {
    const owner = core.keys.quarantineOf(entry.key);
    const record = parseQuarantine(entry.value);
    const isOver = owner !== undefined && record !== undefined && record.elapsedMs >= quarantineMs;
    return isOver ? [{ owner, entry, since: BigInt(record.since) }] : [];
  });
  over.sort((one, other) => (one.since < other.since ? -1 : 1));
  const aims: Aim[] = [];
  const chosen = new Set<KnownBlock>();
  for (const { owner, entry } of over) {
    const ends = pick(used, (share) => isOwnedBy(share, owner)).filter(
      ({ known }) => !chosen.has(known),
    );
    if (ends.length === 0) continue;
    const conditions = await whatSaysOver(core, owner);
    if (conditions === undefined) continue;
    for (const { known, share } of ends) {
      chosen.add(known);
      aims.push({
        known,
        prefix: share.prefix,
        conditions: [asSeen(entry.key, entry), ...conditions],
      });
    }
  }
  if (aims.length === 0 && quarantines.mayGuess()) await guess(core, quarantines, used);
  return aims;
}

/**
 * The counts of these owners. A fleet whose nodes come and go has those of very many dead ones, which hold nothing:
 * each reading begins with an owner, at whatever number of others lies before it.
 */
async function countsOf(core: Core, owners: readonly Owner[]): Promise<Entry[]> {
  const { keys } = core;
  const wanted = owners.map(({ node, epoch }) => keys.quarantine(node, epoch)).sort();
  const all = under(keys.quarantines);
  const end = "end" in all ? all.end : all.key;
  const found: Entry[] = [];
  for (let readings = 0, at = 0; readings < READINGS && at < wanted.length; readings++) {
    const from = wanted[at] ?? end;
    const { entries, more } = await core.read({ from, end, limit: COUNTS });
    const own = new Set(wanted.slice(at));
    found.push(...entries.filter(({ key }) => own.has(key)));
    const last = entries.at(-1);
    if (!more || last === undefined) break;
    while (at < wanted.length && (wanted[at] ?? "") <= last.key) at++;
  }
  return found;
}

/** Looks at some owners: one that is dead, and that no node has counted for, begins to be counted. */
async function guess(
  core: Core,
  quarantines: Quarantines,
  used: readonly KnownBlock[],
): Promise<void> {
  const owners = ownersOf(core, used);
  for (let guesses = 0; guesses < GUESSES && owners.length > 0; guesses++) {
    const [owner] = owners.splice(Math.floor(core.chance() * owners.length), 1);
    if (owner !== undefined) await quarantines.look(owner);
  }
}

/** The owners of blocks but this session, each once: epochs that this node's id has left behind are others. */
export function ownersOf(core: Core, used: readonly KnownBlock[]): Owner[] {
  const owners = new Map<string, Owner>();
  for (const { shares } of used) {
    for (const { owner } of shares ?? []) {
      if (owner === undefined || relation(core, owner) === "mine") continue;
      owners.set(`${owner.node}/${owner.epoch}`, owner);
    }
  }
  return [...owners.values()];
}

/** The largest share of each block that the test allows. */
function pick(
  used: readonly KnownBlock[],
  test: (share: Share) => boolean,
): { readonly known: KnownBlock; readonly share: Share }[] {
  return used.flatMap((known) => {
    const fitting = (known.shares ?? []).filter(test);
    const [share] = fitting.sort(
      (one, other) => one.prefix.length - other.prefix.length || compare(one.prefix, other.prefix),
    );
    return share === undefined ? [] : [{ known, share }];
  });
}

function isOwnedBy({ owner }: Share, other: Owner): boolean {
  return owner?.node === other.node && owner.epoch === other.epoch;
}
