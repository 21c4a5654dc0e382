import { defined } from "../base/index.ts";
import type { Repair, RepairOptions } from "../plugin/index.ts";
import { CniError } from "../spec/index.ts";
import { differs } from "./differs.ts";
import type { Piece, Rollback } from "./kind.ts";

/** Why the call's namespace is not proved to be the attachment's. */
export interface Doubt {
  readonly reason: string;
  /** It is proved to be another one, or it is gone: nothing of the attachment is put back. */
  readonly isOther: boolean;
}

/** What a repair works with. */
export interface RepairWork extends RepairOptions {
  /** Undefined where the namespace is proved to be that of the ADD. */
  readonly doubt: Doubt | undefined;
  /** Takes the plugin's lock; called before the first piece is put back. */
  readonly lock: () => Promise<Disposable | undefined>;
  readonly signal: AbortSignal;
}

/** For a `restore` that does what `apply` does: nothing of it is taken back. */
export const kept: Rollback = { defer: () => undefined };

/** What is said of pieces that have no way back but the whole attachment's. */
const ANEW = "take the attachment away and add it again";

/** Checks the pieces in the order of ADD, and puts back those that are missed. */
export async function repairPieces(pieces: readonly Piece[], work: RepairWork): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const missed = new Set<string>();
  let basis: string | undefined;
  using locks = new DisposableStack();
  const begin = once(async () => void locks.use(await work.lock()));
  for (const piece of pieces) {
    if (piece.check === undefined) continue;
    work.signal.throwIfAborted();
    const { name } = piece;
    const miss = await missOf(piece);
    if (miss === undefined) {
      repairs.push({ piece: name, state: "fine" });
      continue;
    }
    // What several pieces miss, such as the interface itself, is reported once.
    if (missed.has(miss.message)) continue;
    missed.add(miss.message);
    const behind = basis === undefined ? undefined : `${basis} has to be right first`;
    const end = behind === undefined ? await putBack(piece, work, begin) : { reason: behind };
    repairs.push({ piece: name, ...stateOf(end, work), missed: miss.message, ...end });
    if (end !== undefined && piece.isBasis === true) basis ??= name;
  }
  return repairs;
}

/** Undefined where the piece was put back, or could be. */
type Left = Pick<Repair, "reason" | "advice"> | undefined;

function stateOf(left: Left, { dryRun }: RepairWork): Pick<Repair, "state"> {
  if (left !== undefined) return { state: "left" };
  return { state: dryRun ? "restorable" : "restored" };
}

async function putBack(piece: Piece, work: RepairWork, begin: () => Promise<void>): Promise<Left> {
  if (piece.restore === undefined) {
    return { reason: "identity alone cannot put it back", advice: ANEW };
  }
  const { doubt } = work;
  if (doubt !== undefined && (doubt.isOther || (await piece.proves?.()) !== true)) {
    return { reason: doubt.reason, advice: ANEW };
  }
  if (work.dryRun) return undefined;
  try {
    await begin();
    await piece.restore();
  } catch (error) {
    const { message, advice } = CniError.from(error);
    return { reason: message, ...defined({ advice }) };
  }
  const still = await missOf(piece);
  return still === undefined ? undefined : { reason: `afterwards: ${still.message}` };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return async () => {
    done ??= work();
    await done;
  };
}

async function missOf(piece: Piece): Promise<CniError | undefined> {
  try {
    await piece.check?.();
    return undefined;
  } catch (error) {
    return CniError.from(error);
  }
}

/**
 * The error of a piece that no record of this host speaks of: another implementation may have made
 * it, or a DEL is taking it away.
 */
export function unproved(what: string): CniError {
  return differs(`no record says that the ${what} is this attachment's`);
}
