import { type Batch, type CallOptions, type Keys, type Revision, StoreError } from "../index.ts";
import type { Caller } from "./caller.ts";
import type { Connection } from "./connection.ts";
import type { KeySpace } from "./convert.ts";
import { judge } from "./judge.ts";
import { WatchStream } from "./watch.ts";

/** Where progress that is asked for may run ahead of the changes themselves, before these versions. */
const EXACT_SINCE: readonly (readonly number[])[] = [
  [3, 4, 25],
  [3, 5, 8],
  [3, 6, 0],
];
/** A watch that nothing answers for so long is given up: long enough for a member to be started again. */
const SILENCE_MS = 15_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** All changes of the keys from a revision on, over one member after the other. */
export async function* follow(
  caller: Caller,
  space: KeySpace,
  keys: Keys,
  from: Revision,
  { signal = new AbortController().signal }: CallOptions,
): AsyncGenerator<Batch, void, undefined> {
  const what = `watching ${"key" in keys ? keys.key : keys.from}`;
  let next = from < 1n ? 1n : from;
  let failingSince: number | undefined;
  let pause = 0;
  while (!signal.aborted) {
    let connection: Connection | undefined;
    try {
      const opened = await open(caller, space, keys, next, what, signal);
      connection = opened.connection;
      const stream = new WatchStream({ ...opened, caller, space, keys, signal }, next);
      for await (const batch of stream.batches()) {
        next = batch.revision + 1n;
        pause = 0;
        failingSince = undefined;
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      const failure = asFailure(error, what, connection);
      failingSince ??= performance.now();
      const isLost = performance.now() - failingSince > SILENCE_MS;
      if (!failure.mayPass || isLost) throw failure.error;
      if (failure.wantsToken) caller.token.forget();
      else if (connection !== undefined) caller.endpoints.moveOn(connection.endpoint);
      await Bun.sleep(pause * (0.5 + Math.random()));
      pause = Math.min(Math.max(FIRST_PAUSE_MS, 2 * pause), LONGEST_PAUSE_MS);
    }
  }
}

/** Why a stream ended, or could not begin. */
interface Failure {
  readonly error: StoreError;
  readonly mayPass: boolean;
  readonly wantsToken: boolean;
}

function asFailure(error: unknown, what: string, connection: Connection | undefined): Failure {
  if (error instanceof StoreError) {
    return { error, mayPass: error.fault === "unreachable", wantsToken: false };
  }
  const { next, fault, text } = judge(error);
  const message = `${what}: ${connection?.endpoint ?? "etcd"}: ${text}`;
  return {
    error: new StoreError(fault, message, { cause: error }),
    mayPass: next !== "give up",
    wantsToken: next === "authenticate",
  };
}

/** A connection that works, to an etcd that knows the revision before the one that is asked for. */
async function open(
  caller: Caller,
  space: KeySpace,
  keys: Keys,
  next: Revision,
  what: string,
  signal: AbortSignal,
): Promise<{
  readonly connection: Connection;
  readonly headers: Record<string, string>;
  readonly isProgressExact: boolean;
}> {
  const key = space.key("key" in keys ? keys.key : keys.from);
  return await caller.call({
    what,
    key,
    isRepeatable: true,
    signal,
    ask: async (connection, options) => {
      await caller.proved(connection, key, options);
      if (caller.history.revision < next - 1n) {
        throw new StoreError(
          "wrong answer",
          `${connection.endpoint} is at revision ${caller.history.revision}, and the watch is to go on from ` +
            `${next}: was etcd restored from a backup?`,
        );
      }
      connection.version ??= await connection.maintenance
        .status({}, options)
        .then(({ version }) => version)
        .catch(() => "");
      return {
        connection,
        headers: options.headers,
        isProgressExact: isProgressExact(connection.version),
      };
    },
  });
}

export function isProgressExact(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  const since = EXACT_SINCE.find(([a, b]) => a === major && b === minor);
  if (since !== undefined) return patch >= (since[2] ?? 0);
  return major > 3 || (major === 3 && minor > 6);
}
