import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Exchange } from "../check.ts";

/** One command to its end, whatever it does: bounds on time and output, no pipe waited for. */

/** Far more than any answer of a plugin has. */
const OUTPUT_MAX = 4 * 2 ** 20;
/** What of it a failure shows. */
const SHOWN_MAX = 4096;
/** How long a process that has ended may leave its streams open to others. */
const STREAMS_MS = 250;

/** How many threads a command may start. */
const THREADS_MAX = 2000;
const THREADS_INTERVAL_MS = 100;

export interface RunOptions {
  /** What of argv is the suite's own way in, and not shown. */
  readonly hidden?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Leaves standard input open until the process ends. */
  readonly keepsStdin?: boolean;
  readonly timeoutMs: number;
  /** Shown of the environment. */
  readonly shownEnv?: Readonly<Record<string, string>>;
  /** How many threads there are where the command runs. */
  readonly threads: () => number;
}

export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why the suite killed it; such a world is no longer used. */
  readonly killed: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** A process that the command left behind holds its standard output or error. */
  readonly leftOpen: boolean;
  readonly exchange: Exchange;
}

export async function runBounded(argv: readonly string[], options: RunOptions): Promise<Ended> {
  const [program = "", ...args] = argv;
  const started = performance.now();
  const child = spawn(program, args, { env: options.env, stdio: "pipe", detached: true, cwd: "/" });
  const parts: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let size = 0;
  let killed: string | undefined;
  const kill = (why: string): void => {
    if (killed !== undefined) return;
    killed = why;
    killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > OUTPUT_MAX) kill(`it printed more than ${OUTPUT_MAX / 2 ** 20} MiB`);
      else parts[name].push(chunk);
    });
    child[name].on("error", () => undefined);
  }
  child.stdin.on("error", () => undefined); // A subject need not read its input.
  if (options.keepsStdin === true) child.stdin.write(options.stdin ?? "");
  else child.stdin.end(options.stdin ?? "");
  const timer = setTimeout(
    () => kill(`it did not end within ${options.timeoutMs / 1000} s`),
    options.timeoutMs,
  );
  const before = threadsOfMachine();
  const watch = setInterval(() => {
    // Those of the machine cost one read; they may be another program's.
    if (threadsOfMachine() <= before + THREADS_MAX || options.threads() <= THREADS_MAX) return;
    kill(`it started more than ${THREADS_MAX} processes`);
  }, THREADS_INTERVAL_MS);
  const { code, signal, problem, leftOpen } = await ending(child);
  clearInterval(watch);
  clearTimeout(timer);
  const stdout = Buffer.concat(parts.stdout).toString();
  const stderr = Buffer.concat(parts.stderr).toString() + problem;
  const exchange = exchangeOf(argv, options, { code, signal, killed, stdout, stderr, started });
  return {
    ...{ exitCode: code ?? undefined, signal: signal ?? undefined, killed },
    ...{ stdout, stderr, leftOpen, exchange },
  };
}

/** How many the machine has: root's are bounded by nothing else. */
function threadsOfMachine(): number {
  const [, , , count = ""] = readFileSync("/proc/loadavg", "utf8").split(" ");
  return Number(count.split("/")[1] ?? 0);
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly problem: string;
  readonly leftOpen: boolean;
}

/** Waits for the process, and for its streams only as long as they may take. */
async function ending(child: ReturnType<typeof spawn>): Promise<End> {
  const closed = new Promise<boolean>((resolve) => {
    child.on("close", () => resolve(false));
  });
  const { code, signal, problem } = await new Promise<Omit<End, "leftOpen">>((resolve) => {
    child.on("error", (error) => {
      resolve({ code: null, signal: null, problem: `${error.message}\n` });
    });
    child.on("exit", (exit, by) => resolve({ code: exit, signal: by, problem: "" }));
  });
  if (problem !== "") return { code, signal, problem, leftOpen: false };
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), STREAMS_MS);
  const leftOpen = await Promise.race([closed, promise]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.stdin?.destroy();
  return { code, signal, problem, leftOpen };
}

interface Facts {
  readonly code: number | null;
  readonly signal: string | null;
  readonly killed: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly started: number;
}

function exchangeOf(argv: readonly string[], options: RunOptions, facts: Facts): Exchange {
  const { stdin, shownEnv, hidden = 0 } = options;
  const text =
    typeof stdin === "string" || stdin === undefined ? stdin : Buffer.from(stdin).toString();
  return {
    argv: argv.slice(hidden),
    ...(shownEnv === undefined ? {} : { env: shownEnv }),
    ...(text === undefined ? {} : { stdin: shown(text) }),
    ...(facts.code === null ? {} : { exitCode: facts.code }),
    ...(facts.signal === null ? {} : { signal: facts.signal }),
    ...(facts.killed === undefined ? {} : { ended: facts.killed }),
    stdout: shown(facts.stdout),
    stderr: shown(facts.stderr),
    ms: Math.round(performance.now() - facts.started),
  };
}

function shown(text: string): string {
  if (text.length <= SHOWN_MAX) return text;
  return `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone.
  }
}
