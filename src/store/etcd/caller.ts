import { Code, ConnectError } from "@connectrpc/connect";
import { defined } from "../../base/index.ts";
import { type Revision, StoreError } from "../index.ts";
import { explain } from "./certificate-trouble.ts";
import type { Connection } from "./connection.ts";
import type { Certificates } from "./credentials.ts";
import type { Endpoints } from "./endpoints.ts";
import { History } from "./history.ts";
import { type Judgement, judge } from "./judge.ts";
import type { ResponseHeader } from "./messages/etcd.ts";
import type { Headers, Token } from "./token.ts";

const CALL_MS = 10_000;
/** One endpoint has so long to answer; less where the whole call would leave no time for the others. */
const ATTEMPT_MS = 2_500;
const SHORTEST_ATTEMPT_MS = 1_000;
/** A connection that has not been heard for so long is asked for a sign of life before a change. */
const PROOF_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** Where no endpoint answers at all, each has had its chance. */
const ROUNDS = 2;

/** One question. */
export interface Question<T> {
  /** For errors: "reading /hawser/1/…". */
  readonly what: string;
  /** A key that may be read, by which a connection proves that it works. */
  readonly key: Uint8Array;
  /** Asking it twice does no harm. */
  readonly isRepeatable: boolean;
  readonly ask: (connection: Connection, options: AskOptions) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

export interface AskOptions {
  readonly headers: Headers;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An endpoint that could not do it, and whether the question had been sent. */
interface Failure {
  readonly endpoint: string;
  readonly judgement: Judgement;
  readonly cause: unknown;
}

/** Asks etcd, one endpoint after the other, within a bounded time. */
export class Caller {
  readonly endpoints: Endpoints;
  readonly token: Token;
  readonly history: History = new History();
  readonly #certificates: Certificates | undefined;
  readonly #callMs: number;

  constructor(
    endpoints: Endpoints,
    certificates: Certificates | undefined,
    token: Token,
    callMs: number = CALL_MS,
  ) {
    this.endpoints = endpoints;
    this.#certificates = certificates;
    this.token = token;
    this.#callMs = callMs;
  }

  async call<T>(question: Question<T>): Promise<T> {
    const end = performance.now() + this.#callMs;
    const failures: Failure[] = [];
    let hasNewToken = false;
    for (let pause = FIRST_PAUSE_MS; ; ) {
      const endpoint = this.endpoints.current;
      const left = Math.min(this.#attemptMs, end - performance.now());
      const failure = await this.#attempt(question, endpoint, left);
      if ("answer" in failure) return failure.answer;
      const { judgement } = failure;
      if (judgement.next === "authenticate" && !hasNewToken) {
        this.token.forget();
        hasNewToken = true;
        continue;
      }
      failures.push(failure);
      // Also where this call is over: the next one must not begin with a member that stands still.
      if (judgement.next === "another") this.endpoints.moveOn(endpoint);
      const isOver =
        judgement.next !== "another" || !(judgement.isCertain || question.isRepeatable);
      if (isOver || this.#isHopeless(failures) || performance.now() + pause >= end) {
        throw await this.#error(question, failures);
      }
      if (failures.length % this.endpoints.urls.length === 0) {
        await rest(pause, question.signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  get #attemptMs(): number {
    const share = this.#callMs / this.endpoints.urls.length;
    return Math.min(ATTEMPT_MS, Math.max(SHORTEST_ATTEMPT_MS, share));
  }

  /** Opens a connection to the current endpoint, and has it prove that it is one of a working etcd. */
  async proved(connection: Connection, key: Uint8Array, options: AskOptions): Promise<void> {
    const floor = this.history.revision;
    const { header } = await connection.kv.range({ key, limit: 1n }, options);
    this.heard(connection, header, floor);
  }

  /** An answer has come: of the right cluster, and where `floor` is given not from the past. */
  heard(connection: Connection, header: ResponseHeader | undefined, floor?: Revision): Revision {
    connection.heardAt = performance.now();
    const revision = this.history.check(header, connection.endpoint, floor);
    if (floor !== undefined) connection.provedAt = connection.heardAt;
    return revision;
  }

  async #attempt<T>(
    { ask, key, isRepeatable, signal }: Question<T>,
    endpoint: string,
    timeoutMs: number,
  ): Promise<{ readonly answer: T } | Failure> {
    const began = performance.now();
    // gRPC counts whole milliseconds.
    const left = (): number => Math.max(1, Math.ceil(began + timeoutMs - performance.now()));
    let isSent = false;
    let connection: Connection | undefined;
    try {
      signal?.throwIfAborted();
      connection = this.endpoints.connection(endpoint);
      await inTime(connection.open(), left(), signal);
      const headers = await inTime(this.token.headers(connection, left()), left(), signal);
      const options = { headers, ...defined({ signal }) };
      if (!isRepeatable && began - connection.provedAt > PROOF_MS) {
        await this.proved(connection, key, { ...options, timeoutMs: left() });
      }
      isSent = true;
      return { answer: await ask(connection, { ...options, timeoutMs: left() }) };
    } catch (cause) {
      if (signal?.aborted === true) throw aborted(isSent && !isRepeatable, cause);
      if (cause instanceof StoreError) throw isSent && !isRepeatable ? uncertain(cause) : cause;
      const judgement = judge(cause);
      // A connection over which nothing has come all the while leads nowhere.
      if (connection !== undefined && !judgement.isAnswer && connection.heardAt < began) {
        this.endpoints.drop(connection);
      }
      return {
        endpoint,
        cause,
        judgement: isSent ? judgement : { ...judgement, isCertain: true },
      };
    }
  }

  #isHopeless(failures: readonly Failure[]): boolean {
    return (
      failures.length >= ROUNDS * this.endpoints.urls.length &&
      failures.every(({ judgement }) => !judgement.isAnswer)
    );
  }

  async #error(question: Question<unknown>, failures: readonly Failure[]): Promise<StoreError> {
    const last = new Map(failures.map((failure) => [failure.endpoint, failure]));
    const explained = await Promise.all(
      [...last.values()].map(async ({ endpoint, judgement, cause }) => {
        const trouble = judgement.isAnswer
          ? undefined
          : await explain(endpoint, cause, this.#certificates);
        return {
          endpoint,
          fault: trouble === undefined ? judgement.fault : "certificate",
          text: trouble ?? judgement.text,
          cause,
        } as const;
      }),
    );
    // What etcd says itself tells more than that another member is away.
    const main = explained.find(({ fault }) => fault !== "unreachable") ?? explained.at(-1);
    const texts = explained.map(({ endpoint, text }) => `${endpoint}: ${text}`).join("; ");
    return new StoreError(main?.fault ?? "unreachable", `${question.what}: ${texts}`, {
      isUncertain: failures.some(({ judgement }) => !judgement.isCertain) && !question.isRepeatable,
      cause: main?.cause,
    });
  }
}

function aborted(isUncertain: boolean, cause: unknown): StoreError {
  return new StoreError("aborted", "the caller gave up", { isUncertain, cause });
}

function uncertain(error: StoreError): StoreError {
  return new StoreError(error.fault, error.message, { isUncertain: true, cause: error });
}

async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await inTime(Bun.sleep(ms * (0.5 + Math.random())), 2 * ms, signal).catch(() => undefined);
  if (signal?.aborted === true) throw aborted(false, signal.reason);
}

/** The outcome of a promise, unless the time is over or the signal aborted before. */
async function inTime<T>(
  work: Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ConnectError("it did not answer in time", Code.DeadlineExceeded));
  }, ms);
  const onAbort = (): void => reject(new ConnectError("the caller gave up", Code.Canceled));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    // A late failure is no failure of anything that still waits.
    work.catch(() => undefined);
  }
}
