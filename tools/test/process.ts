import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Running one program of the test run to its end, and its whole process group with it. */

export interface RunResult {
  /** Undefined when it was ended from outside. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Standard output and standard error, in the order in which they were written. */
  readonly output: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/**
 * The output goes to a file, not a pipe: a grandchild that outlives its parent would hold a pipe
 * open, and the run would wait for it.
 */
export async function run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program = "", ...args] = argv;
  const started = performance.now();
  return await inScratch(async (scratch) => {
    const path = join(scratch, "output");
    const fd = openSync(path, "w");
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", fd, fd],
      detached: true,
    });
    closeSync(fd);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
    }, options.timeoutSeconds * 1000);
    const end = await new Promise<{ code: number | null; problem: string }>((resolve) => {
      child.on("error", (error) => resolve({ code: null, problem: `${error.message}\n` }));
      child.on("exit", (code) => resolve({ code, problem: "" }));
    });
    clearTimeout(timer);
    endGroup(child.pid);
    return {
      exitCode: end.code ?? undefined,
      timedOut,
      output: readFileSync(path, "utf8") + end.problem,
      seconds: (performance.now() - started) / 1000,
    };
  });
}

/** A process of the group that still runs is a leftover. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone, as it should be.
  }
}

/** A directory for the time of one call. */
export async function inScratch<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), "hawser-test-"));
  try {
    return await use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Runs a list of jobs, so many at once, and returns the results in the order of the list. */
export async function inParallel<T, R>(
  jobs: readonly T[],
  width: number,
  work: (job: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, job] of queue) results[index] = await work(job);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
