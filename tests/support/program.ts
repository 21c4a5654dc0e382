/** Starts the one program as it is built, under any of its names: from its sources it takes longer to begin. */
import { EXECUTABLE } from "./daemon.ts";

/** How a program ended, and what it printed. */
export interface ProgramAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is started with. */
export interface StartOptions {
  /** All of its environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** A descriptor in place of the pipe from which its answer is read. */
  readonly stdout?: number;
}

/** Runs the program to its end, as `hawser`, `cnitool` or a plugin. */
export async function startProgram(
  name: string,
  words: readonly string[],
  { env = {}, stdin = "", stdout = undefined }: StartOptions = {},
): Promise<ProgramAnswer> {
  const child = Bun.spawn([EXECUTABLE, ...words], {
    argv0: name,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdin: new Blob([stdin]),
    stdout: stdout ?? "pipe",
    stderr: "pipe",
  });
  const out = child.stdout instanceof ReadableStream ? child.stdout.text() : Promise.resolve("");
  const [printed, stderr] = await Promise.all([out, child.stderr.text()]);
  return { code: await child.exited, stdout: printed, stderr };
}
