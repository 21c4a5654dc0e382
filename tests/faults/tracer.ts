import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunAnswer, run } from "../support/exec.ts";
import { startable } from "../support/programs.ts";

/** Faults from below: strace lets a system call of a program fail, or kills the program at it. */

/** The calls by which a plugin changes anything, and those by which it hears what came of it. */
const CALLS = [
  ...["socket", "bind", "connect", "sendto", "recvfrom", "setns", "flock", "setsockopt"],
  ...["openat", "mkdir", "write", "pwrite64", "link", "rename", "unlink", "mount"],
  ...["ftruncate", "utimensat"],
] as const;

/** A place in a program's run: the nth time that its first thread makes a call. */
export interface Point {
  readonly call: string;
  readonly nth: number;
  /** The line of the trace, for people. */
  readonly line: string;
}

/** What happens at a point. */
export type Blow = "error" | "kill";

/** What each call fails with: what the kernel may really say. */
const ERRORS: Readonly<Record<string, string>> = {
  ...{
    socket: "EMFILE",
    bind: "ENOMEM",
    connect: "ENOMEM",
    sendto: "ENOBUFS",
    recvfrom: "ENOMEM",
    setns: "EPERM",
  },
  ...{ flock: "ENOLCK", openat: "EMFILE", mkdir: "ENOSPC", write: "ENOSPC", pwrite64: "ENOSPC" },
  ...{ link: "ENOSPC", rename: "EIO", unlink: "EIO", setsockopt: "ENOMEM", mount: "EPERM" },
  ...{ ftruncate: "EIO", utimensat: "EPERM" },
};

/** A program under the tracer. */
export interface Traced {
  readonly program: string;
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What keeps the tracer from working here, in words. */
export function tracerMissing(): string | undefined {
  if (Bun.which("strace") === null) return "strace";
  const probe = Bun.spawnSync(startable(["strace", "-qq", "-o", "/dev/null", "-f", "true"]));
  return probe.success ? undefined : "strace with the right to trace";
}

/**
 * Runs the program undisturbed, and gives the points of its first thread from the first call on
 * whose line holds `from`: before that it only gets itself going.
 */
export async function pointsOf(
  traced: Traced,
  from: string,
): Promise<{ answer: RunAnswer; points: Point[] }> {
  const dir = mkdtempSync(join(tmpdir(), "hawser-trace-"));
  try {
    const file = join(dir, "trace");
    const calls = ["statx", "statfs", ...CALLS].join(",");
    const answer = await strace(["-s", "200", "-o", file, "-e", `trace=${calls}`], traced);
    return { answer, points: parseTrace(readFileSync(file, "utf8"), from) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs the program with a blow at one point. */
export async function strike(traced: Traced, { call, nth }: Point, blow: Blow): Promise<RunAnswer> {
  const what = blow === "kill" ? "signal=KILL" : `error=${ERRORS[call] ?? "EIO"}`;
  const inject = `inject=${call}:${what}:when=${nth}`;
  return await strace(["-o", "/dev/null", "-e", `trace=${call}`, "-e", inject], traced);
}

async function strace(words: readonly string[], traced: Traced): Promise<RunAnswer> {
  const argv = ["strace", "-f", "-qqq", ...words, traced.program];
  return await run(argv, { stdin: traced.stdin, env: traced.env, timeoutMs: 30_000 });
}

/** The kernel makes such a call again by itself: now and then, so it is no point that comes back. */
const RESTARTED = /= \? ERESTART/;

/** The points in strace's text. */
export function parseTrace(text: string, from: string): Point[] {
  const lines = text.split("\n");
  const thread = lines[0]?.split(" ", 1)[0] ?? "";
  const counts = new Map<string, number>();
  const points: Point[] = [];
  let begun = false;
  for (const line of lines) {
    if (!line.startsWith(`${thread} `)) continue;
    const [, resumed] = /<\.\.\. (\w+) resumed>.*= \? ERESTART/.exec(line) ?? [];
    if (resumed !== undefined) {
      // Its beginning was taken for a call of its own; the next line begins it again.
      counts.set(resumed, (counts.get(resumed) ?? 1) - 1);
      if (points.at(-1)?.call === resumed) points.pop();
    }
    const [, call] = /^\d+ +(\w+)\(/.exec(line) ?? [];
    if (call === undefined || RESTARTED.test(line)) continue;
    begun ||= line.includes(from);
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    const isOutput = call === "write" && /write\([12],/.test(line);
    if (begun && (CALLS as readonly string[]).includes(call) && !isOutput) {
      points.push({ call, nth, line: line.slice(thread.length + 1, 160) });
    }
  }
  return points;
}
