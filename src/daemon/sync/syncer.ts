import { errorText } from "../../base/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { attachmentKey } from "../../spec/index.ts";
import { type AttachmentSync, syncAttachments } from "../../sync/index.ts";
import { type KnownAttachment, knownAttachments } from "../../view/index.ts";
import { Pacing } from "./pacing.ts";

/** What led to a look at attachments. */
export type SyncTrigger = "request" | "interval" | "retry" | "ruleset" | "firewalld";

export interface SyncerOptions {
  readonly runtime: Runtime;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pause between two looks at all attachments, in milliseconds. */
  readonly intervalMs: number;
  /** Called for each attachment that was put right, or is not right for another reason than before. */
  readonly onReport: (report: AttachmentSync, trigger: SyncTrigger) => void;
  /** Called when a look has ended. */
  readonly onLook: (trigger: SyncTrigger, reports: readonly AttachmentSync[]) => void;
  /** Called when a look failed as a whole, once for each reason; the next one comes as usual. */
  readonly onFailed: (reason: string) => void;
}

/** Retries of one attachment begin with this pause, in milliseconds, which doubles each time. */
const RETRY_MS = 5_000;
const FACTOR = 2;

/** An attachment that could not be put right. */
interface Failing {
  /** What is left of it, in words. */
  readonly text: string;
  readonly pauseMs: number;
  /** Of the process's clock. */
  readonly nextAt: number;
}

/**
 * Looks at attachments, one look at a time, and puts right what is not. What fails again and again is
 * tried at longer and longer intervals, and reported once.
 */
export class Syncer implements Disposable {
  readonly #options: SyncerOptions;
  readonly #failing = new Map<string, Failing>();
  readonly #pacing = new Pacing();
  readonly #end = new AbortController();
  #work: Promise<unknown> = Promise.resolve();
  /** Why the last look failed as a whole. */
  #failure: string | undefined;
  #pending: NodeJS.Timeout | undefined;
  #interval: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SyncerOptions) {
    this.#options = options;
  }

  /** Looks at intervals from now on, and the first time at once: much may have happened before. */
  begin(): void {
    const { intervalMs } = this.#options;
    this.#interval = setInterval(() => void this.look("interval"), intervalMs);
    this.changed("interval");
  }

  /** Something may have been taken away: looks in a moment, once for whatever comes until then. */
  changed(trigger: SyncTrigger): void {
    if (this.#end.signal.aborted) return;
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      void this.look(trigger);
    }, this.#pacing.pauseMs);
  }

  /** Looks at all attachments, or where it is a retry at those whose time has come. */
  async look(trigger: SyncTrigger): Promise<readonly AttachmentSync[]> {
    const look = this.#work.then(async () => await this.#look(trigger));
    this.#work = look.catch(() => undefined);
    return await look;
  }

  /** Resolves when no look is under way any more. */
  async end(): Promise<void> {
    this[Symbol.dispose]();
    await this.#work;
  }

  [Symbol.dispose](): void {
    this.#end.abort(new Error("the daemon ends"));
    clearTimeout(this.#pending);
    clearTimeout(this.#retry);
    clearInterval(this.#interval);
  }

  async #look(trigger: SyncTrigger): Promise<readonly AttachmentSync[]> {
    const { runtime, env, onLook, onFailed } = this.#options;
    try {
      const { signal } = this.#end;
      signal.throwIfAborted();
      const known = knownAttachments(runtime, env);
      this.#forget(known);
      const chosen = known.filter((one) => this.#isDue(one, trigger));
      const reports = await syncAttachments(chosen, { runtime, signal });
      for (const report of reports) this.#note(report, trigger);
      this.#pacing.looked(reports.some(({ state }) => state === "restored" || state === "left"));
      onLook(trigger, reports);
      this.#failure = undefined;
      return reports;
    } catch (error) {
      const text = errorText(error);
      if (!this.#end.signal.aborted && text !== this.#failure) onFailed(text);
      this.#failure = text;
      return [];
    } finally {
      this.#retryLater();
    }
  }

  /** A look at intervals leaves alone what waits for its retry; one that others have caused does not. */
  #isDue(one: KnownAttachment, trigger: SyncTrigger): boolean {
    const failing = this.#failing.get(attachmentKey(one));
    if (trigger === "retry") return failing !== undefined && failing.nextAt <= performance.now();
    return trigger !== "interval" || failing === undefined;
  }

  #note(report: AttachmentSync, trigger: SyncTrigger): void {
    const key = attachmentKey(report);
    if (report.state !== "left") {
      this.#failing.delete(key);
      if (report.state === "restored") this.#options.onReport(report, trigger);
      return;
    }
    const before = this.#failing.get(key);
    const text = leftText(report);
    const longest = Math.max(RETRY_MS, this.#options.intervalMs);
    const pauseMs = before === undefined ? RETRY_MS : Math.min(before.pauseMs * FACTOR, longest);
    this.#failing.set(key, { text, pauseMs, nextAt: performance.now() + pauseMs });
    const isNews = before?.text !== text;
    const hasRestored = report.plugins.some(({ pieces = [] }) =>
      pieces.some(({ state }) => state === "restored"),
    );
    if (isNews || hasRestored) this.#options.onReport(report, trigger);
  }

  #forget(known: readonly KnownAttachment[]): void {
    const keys = new Set(known.map((one) => attachmentKey(one)));
    for (const key of this.#failing.keys()) if (!keys.has(key)) this.#failing.delete(key);
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    if (this.#failing.size === 0 || this.#end.signal.aborted) return;
    const next = Math.min(...[...this.#failing.values()].map(({ nextAt }) => nextAt));
    const pause = Math.max(RETRY_MS / FACTOR, next - performance.now());
    this.#retry = setTimeout(() => void this.look("retry"), pause);
  }
}

function leftText({ reason = "", plugins }: AttachmentSync): string {
  const left = plugins.flatMap(({ type, pieces = [], error }) => [
    ...pieces.flatMap((each) => (each.state === "left" ? [`${type} ${each.missed ?? ""}`] : [])),
    ...(error === undefined ? [] : [`${type} ${error.message}`]),
  ]);
  return [reason, ...left].join("\n");
}
