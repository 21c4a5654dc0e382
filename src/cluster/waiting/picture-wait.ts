import { basename } from "node:path";
import type { Clock, Need } from "../../fleet/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { tryAgain } from "../../state/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";
import { type ClusterPaths, type ClusterPlace, pathsOf } from "../config/index.ts";
import { MemberLock } from "../member/lock.ts";
import { leaveWants } from "./wants.ts";

/** So long an ADD waits for an address. */
const PATIENCE_MS = 30_000;
/** Pauses between two looks for a member that has ended, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const SETTLE_MS = 2;
const SILENT =
  "another process is the network's member on this node, and found none: `hawser daemon --status` says how it is";

export interface PictureWaitOptions {
  readonly place: ClusterPlace;
  readonly needs: readonly Need[];
  readonly clock: Clock;
  /** One round of the network's member, in this process. */
  readonly once: (needs: readonly Need[], signal: AbortSignal) => Promise<void>;
  /** Why it waits, for the error of one that gave up: what the picture says. */
  readonly reason: () => string | undefined;
  /** Of the call. */
  readonly signal: AbortSignal;
  readonly patienceMs?: number;
}

/**
 * Waits for the node's picture to change, since nothing that the node has serves an ADD. The need lies where
 * the network's member finds it; where no process is the member, this one does a round itself.
 *
 * After it is made, the caller looks once more, and then after each `next`: a change in between is not
 * missed.
 */
export class PictureWait implements Disposable {
  readonly #options: PictureWaitOptions;
  readonly #paths: ClusterPaths;
  readonly #stack = new DisposableStack();
  readonly #over: AbortSignal;
  #isChanged = false;
  #isRoundDone = false;
  #changed: () => void = () => undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #failure: unknown;
  /** Another process is the member. */
  #isOthers = false;

  /** @throws CniError of code 5 where the need cannot be noted */
  constructor(options: PictureWaitOptions) {
    this.#options = options;
    const { place, needs, clock, patienceMs = PATIENCE_MS } = options;
    this.#paths = pathsOf(place);
    this.#over = AbortSignal.any([options.signal, AbortSignal.timeout(patienceMs)]);
    this.#stack.use(leaveWants(this.#paths, needs, clock, patienceMs));
    const changed = (): void => {
      this.#isChanged = true;
      this.#changed();
    };
    this.#stack.use(
      new DirectoryWatch(this.#paths.directory, {
        settleMs: SETTLE_MS,
        changed,
        counts: (name) => name === basename(this.#paths.picture),
      }),
    );
  }

  /**
   * Resolves when the picture may have changed since the last time.
   * @throws CniError of code 11 when the time is over, of code 7 where no waiting helps
   */
  async next(): Promise<void> {
    while (!this.#isChanged) {
      if (this.#over.aborted) throw this.#givenUp();
      // A round that has served nothing is not done again at once.
      if (!this.#isRoundDone && (await this.#beMember())) {
        this.#isRoundDone = true;
        break;
      }
      this.#isRoundDone = false;
      await this.#pause();
    }
    this.#isChanged = false;
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }

  /** True when this process has done a round. */
  async #beMember(): Promise<boolean> {
    const { needs, once } = this.#options;
    using lock = MemberLock.take(this.#paths);
    this.#isOthers = lock === undefined;
    if (lock === undefined) return false;
    try {
      await once(needs, this.#over);
      this.#failure = undefined;
      return true;
    } catch (error) {
      const isForGood =
        error instanceof CniError && error.code === ErrorCode.INVALID_NETWORK_CONFIG;
      if (isForGood) throw error;
      this.#failure = error;
      return false;
    }
  }

  async #pause(): Promise<void> {
    const woken = new AbortController();
    this.#changed = () => woken.abort();
    if (this.#isChanged) woken.abort();
    await this.#options.clock.sleep(this.#pauseMs, AbortSignal.any([woken.signal, this.#over]));
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #givenUp(): Error {
    const { place, reason } = this.#options;
    const failure = this.#failure instanceof Error ? this.#failure.message : undefined;
    const silent = this.#isOthers ? SILENT : undefined;
    const said = [...new Set([reason(), failure])].filter((each) => each !== undefined);
    const known = said.length === 0 && silent !== undefined ? [silent] : said;
    return tryAgain(`this node got no address of the network ${place.network} in time`, {
      ...(known.length === 0 ? {} : { details: known.join("; ") }),
      cause: this.#failure ?? this.#over.reason,
    });
  }
}
