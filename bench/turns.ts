import type { Contender } from "./contender.ts";
import type { Round } from "./inside/lab.ts";
import type { Order } from "./inside/way.ts";
import { type Summary, summarise } from "./statistics.ts";
import { World } from "./world.ts";

/** What a contender measured. */
export interface Row {
  readonly contender: Contender;
  readonly add: Summary;
  readonly del: Summary;
}

/** A contender opened in a world, perhaps beside others. */
export interface Seat {
  readonly contender: Contender;
  readonly world: World;
  readonly rounds: number;
  /** Rounds that are not counted, when not as many as for a contender that begins. */
  readonly warmUp?: number;
}

export interface Turns {
  readonly rows: readonly Row[];
  readonly raw: Readonly<Record<string, readonly Round[]>>;
}

/** Rounds in a row: containers come in bursts, and what has idled for seconds is measured cold. */
const TURN = 5;
/** For each that counts at most so many that do not, so that the smallest size stays small. */
const MOST_WARM_UP = 8;

/** Opens a world for each contender, has something done with them all, and closes them. */
export async function inWorlds<T>(
  contenders: readonly Contender[],
  order: Omit<Order, "how">,
  action: (worlds: ReadonlyMap<Contender, World>) => Promise<T>,
): Promise<T> {
  const worlds = new Map<Contender, World>();
  try {
    for (const contender of contenders) {
      const world = await World.open(contender.title);
      worlds.set(contender, world);
      await world.ask("open", { id: contender.id, order: { ...order, how: contender.how } });
    }
    return await action(worlds);
  } finally {
    await Promise.all([...worlds.values()].map((world) => world.close()));
  }
}

/**
 * Rounds of all in turns (five of A, of B, of C, of A again), so that a machine that gets slower or
 * faster does so for all.
 */
export async function inTurns(seats: readonly Seat[]): Promise<Turns> {
  const taken = seats.map((seat) => ({ ...seat, done: [] as Round[] }));
  for (const seat of seats) await warm(seat);
  const most = Math.max(0, ...seats.map(({ rounds }) => rounds));
  for (let begun = 0; begun < most; begun += TURN) {
    for (const { contender, world, rounds, done } of taken) {
      for (let left = Math.min(TURN, rounds - begun); left > 0; left--) {
        done.push(await world.ask("round", { id: contender.id }));
      }
    }
  }
  return {
    rows: taken.map(({ contender, done }) => ({
      contender,
      add: summarise(done.map(({ add }) => add)),
      del: summarise(done.map(({ del }) => del)),
    })),
    raw: Object.fromEntries(taken.map(({ contender, done }) => [contender.id, done])),
  };
}

/** Rounds that are not counted. */
export async function warm({ contender, world, rounds, warmUp }: Seat): Promise<void> {
  const most = rounds * MOST_WARM_UP;
  for (let left = Math.min(warmUp ?? contender.warmUp, most); left > 0; left--) {
    await world.ask("round", { id: contender.id });
  }
}

/** The row of a contender, if it ran. */
export function rowOf(rows: readonly Row[], id: string): Row | undefined {
  return rows.find(({ contender }) => contender.id === id);
}
