import { patient } from "./patience.ts";
import { requireStarted, startable } from "./programs.ts";

/** Running programs from tests and benchmarks: nothing passes through a shell, everything ends. */

/** What may be said about one run. */
export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** What one run answered; `ms` is wall-clock time from before the spawn to the end of its output. */
export interface RunAnswer {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** A program that had to succeed and did not. */
export class ProgramFailure extends Error {
  readonly answer: RunAnswer;

  constructor(answer: RunAnswer) {
    const end = answer.signal === null ? `exit code ${answer.exitCode}` : `signal ${answer.signal}`;
    const said = (answer.stderr.trim() || answer.stdout.trim()).slice(-2000);
    super(`${answer.argv.join(" ")}: ${end}${said === "" ? "" : `: ${said}`}`);
    this.name = "ProgramFailure";
    this.answer = answer;
  }
}

/** The environment of this process as a plain record, for programs that need PATH, HOME and the like. */
export function ownEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined) env[key] = value;
  }
  return env;
}

/**
 * Runs a program to its end and tells what happened; only a program that cannot start throws.
 * @throws MissingProgram, which skips the test, for a program that `npm run setup` would bring
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunAnswer> {
  const before = performance.now();
  const child = Bun.spawn(startable(argv, options.env?.["PATH"]), {
    env: { ...(options.env ?? ownEnvironment()) },
    stdin: options.stdin === undefined ? "ignore" : new TextEncoder().encode(options.stdin),
    stdout: "pipe",
    stderr: "pipe",
    timeout: patient(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const ms = performance.now() - before;
  if (child.exitCode !== 0) requireStarted(stdout);
  const signal = child.signalCode === null ? null : String(child.signalCode);
  return { argv, exitCode: child.exitCode, signal, stdout, stderr, ms };
}

/** Runs a program that has to succeed and returns its standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const answer = await run(argv, options);
  if (answer.exitCode !== 0) throw new ProgramFailure(answer);
  return answer.stdout;
}
