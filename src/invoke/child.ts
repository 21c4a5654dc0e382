import { type ChildProcess, spawn } from "node:child_process";
import { defined } from "../base/index.ts";
import type { Environment } from "../spec/index.ts";
import { BoundedCapture, TailCapture } from "./capture.ts";

/** Why a plugin was ended from outside. */
export type EndReason = "abort" | "timeout" | "overflow";

/** How a child process came to its end. */
export interface ChildEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Set when it was ended from outside. */
  readonly reason?: EndReason;
  /** The process did not even go on SIGKILL (it hangs in the kernel). */
  readonly stuck?: true;
}

/** A program to run, and the limits it runs under; times in milliseconds, sizes in bytes. */
export interface ChildRequest {
  readonly path: string;
  readonly stdin: string;
  readonly env: Environment;
  /** The current directory; default this process's. */
  readonly cwd?: string;
  readonly onStderr?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** How long it may take; absent: as long as it likes. */
  readonly timeoutMs?: number;
  readonly maxStdoutBytes: number;
  readonly stderrTailLength: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** How long its output is still read after it has gone, when others hold the pipes. */
  readonly drainMs: number;
}

/** How long a process may take to go after SIGKILL before it is given up. */
const STUCK_MS = 5000;

/**
 * Runs a program without arguments and without a shell, in a process group of its own, to its
 * end. Rejects with the system's error when it cannot be started. Does not wait for what the
 * program started and left behind.
 */
export function runChild(request: ChildRequest): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(request.path, [], {
      env: request.env,
      ...defined({ cwd: request.cwd }),
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    new Supervisor(child, request, resolve, reject).start();
  });
}

class Supervisor {
  readonly #child: ChildProcess;
  readonly #request: ChildRequest;
  readonly #resolve: (end: ChildEnd) => void;
  readonly #reject: (error: unknown) => void;
  readonly #stdout: BoundedCapture;
  readonly #stderr: TailCapture;
  readonly #timers = new Set<NodeJS.Timeout>();
  #reason: EndReason | undefined;
  #exit: { code: number | null; signal: string | null } | undefined;
  #ended = false;

  constructor(
    child: ChildProcess,
    request: ChildRequest,
    resolve: (end: ChildEnd) => void,
    reject: (error: unknown) => void,
  ) {
    this.#child = child;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stdout = new BoundedCapture(request.maxStdoutBytes);
    this.#stderr = new TailCapture(request.stderrTailLength, request.onStderr);
  }

  start(): void {
    const { stdin, stdout, stderr } = this.#child;
    const { signal, timeoutMs } = this.#request;
    this.#child.on("error", (error) => {
      if (this.#child.pid === undefined) this.#endOnce(() => this.#reject(error));
    });
    this.#child.on("exit", (code, exitSignal) => this.#onExit(code, exitSignal));
    this.#child.on("close", () => this.#finish());
    stdout?.on("error", () => {});
    stderr?.on("error", () => {});
    stdout?.on("data", (chunk: Buffer) => {
      if (!this.#ended && !this.#stdout.push(chunk)) this.#end("overflow");
    });
    stderr?.on("data", (chunk: Buffer) => {
      if (!this.#ended) this.#stderr.push(chunk);
    });
    // A plugin need not read its stdin: a broken pipe is no error.
    stdin?.on("error", () => {});
    stdin?.end(this.#request.stdin);
    if (timeoutMs !== undefined) this.#after(timeoutMs, () => this.#end("timeout"));
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => this.#end("abort");

  #after(ms: number, action: () => void): void {
    this.#timers.add(setTimeout(action, ms));
  }

  /** Ends the whole group: SIGTERM, then SIGKILL; an overflow gets no grace. */
  #end(reason: EndReason): void {
    if (this.#ended || this.#exit !== undefined || this.#reason !== undefined) return;
    this.#reason = reason;
    if (reason !== "overflow") this.#signalGroup("SIGTERM");
    this.#after(reason === "overflow" ? 0 : this.#request.graceMs, () => {
      if (this.#exit !== undefined) return;
      this.#signalGroup("SIGKILL");
      this.#after(STUCK_MS, () => this.#finish(true));
    });
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is already gone.
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = { code, signal };
    // What an ended plugin leaves in its group goes with it; after a normal end it may stay.
    if (this.#reason !== undefined) this.#signalGroup("SIGKILL");
    this.#after(this.#request.drainMs, () => this.#finish());
  }

  #finish(stuck = false): void {
    const exit = this.#exit;
    if (exit === undefined && !stuck) return;
    this.#endOnce(() => {
      this.#stderr.end();
      this.#resolve({
        stdout: this.#stdout.text(),
        stderr: this.#stderr.text(),
        exitCode: exit?.code ?? null,
        signal: exit?.signal ?? null,
        ...(this.#reason === undefined ? {} : { reason: this.#reason }),
        ...(stuck ? { stuck: true } : {}),
      });
    });
  }

  #endOnce(action: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    if (this.#exit === undefined) this.#child.unref();
    action();
  }
}
