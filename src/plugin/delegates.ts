/** Several delegates of one call, one after the other. */
import { errorText } from "../base/index.ts";
import type { Result } from "../spec/index.ts";
import type { DelegateChanges } from "./delegate-request.ts";

/** One of several delegates: its type, and what it is called with. */
export interface DelegatePart extends DelegateChanges {
  readonly type: string;
}

/**
 * Several delegates. ADD, CHECK, GC and STATUS go in their order, DEL from the last to the first. DEL
 * and GC go on after an error; they throw it at the end, several as an `AggregateError`.
 */
export interface Delegates {
  /**
   * ADD of all, each with the result that the plugin was called with; gives their results. All are looked
   * for before anything is made. When one fails, those that were made are called with DEL, from the last.
   */
  add(): Promise<Result[]>;
  /**
   * The same for plugins of a chain: each has the result of the one before it, and the last result is
   * given. Undefined where there are none, and no result before them.
   */
  addChain(): Promise<Result | undefined>;
  del(): Promise<void>;
  check(): Promise<void>;
  /** What is valid for one delegate is valid for all under the same name of a network. */
  gc(): Promise<void>;
  status(): Promise<void>;
}

/** One delegate, as far as several need it. */
interface One {
  find(type: string): Promise<string>;
  add(type: string): Promise<Result>;
  del(type: string): Promise<void>;
  check(type: string): Promise<void>;
  gc(type: string): Promise<void>;
  status(type: string): Promise<void>;
}

/** What several delegates are made of. */
interface Maker {
  readonly delegate: (changes: DelegateChanges) => One;
  readonly prevResult: Result | undefined;
  /** The parts with the valid attachments of their GCs. */
  readonly forGc: (parts: readonly DelegatePart[]) => readonly DelegatePart[];
  readonly log: (text: string) => void;
}

/** Makes several delegates. */
export function makeDelegates(parts: readonly DelegatePart[], maker: Maker): Delegates {
  const { delegate, prevResult, forGc, log } = maker;
  const each = ({ type, ...changes }: DelegatePart): [One, string] => [delegate(changes), type];
  const takeBack = async (made: readonly DelegatePart[]): Promise<void> => {
    for (const part of made.toReversed()) {
      const [one, type] = each(part);
      await one.del(type).catch((error: unknown) => {
        log(`DEL of ${type} after another delegate's failed ADD failed too: ${errorText(error)}`);
      });
    }
  };
  const addAll = async (isChain: boolean): Promise<Result[]> => {
    for (const part of parts) {
      const [one, type] = each(part);
      await one.find(type);
    }
    const results: Result[] = [];
    for (const [index, part] of parts.entries()) {
      const before = isChain ? (results.at(-1) ?? prevResult) : undefined;
      const [one, type] = each(before === undefined ? part : { ...part, prevResult: before });
      try {
        results.push(await one.add(type));
      } catch (error) {
        await takeBack(parts.slice(0, index));
        throw error;
      }
    }
    return results;
  };
  const pastErrors = async (
    order: readonly DelegatePart[],
    run: (one: One, type: string) => Promise<void>,
  ): Promise<void> => {
    const errors: unknown[] = [];
    for (const part of order) {
      try {
        await run(...each(part));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors);
  };
  const inOrder = async (run: (one: One, type: string) => Promise<void>): Promise<void> => {
    for (const part of parts) await run(...each(part));
  };
  return {
    add: async () => await addAll(false),
    addChain: async () => (await addAll(true)).at(-1) ?? prevResult,
    del: async () => await pastErrors(parts.toReversed(), (one, type) => one.del(type)),
    gc: async () => await pastErrors(forGc(parts), (one, type) => one.gc(type)),
    check: async () => await inOrder((one, type) => one.check(type)),
    status: async () => await inOrder((one, type) => one.status(type)),
  };
}
