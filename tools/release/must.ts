import { run } from "../test/process.ts";

/** A release cannot be made; the message says why. */
export class ReleaseFailure extends Error {}

/** Where a program runs, and for how long. */
export interface MustOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
}

const TIMEOUT_SECONDS = 600;

/**
 * Runs a program to its end; gives what it wrote.
 * @throws ReleaseFailure when it fails, or is not there
 */
export async function must(argv: readonly string[], options: MustOptions): Promise<string> {
  const result = await run(argv, { timeoutSeconds: TIMEOUT_SECONDS, ...options });
  if (result.exitCode === 0) return result.output;
  const [program = ""] = argv;
  if (Bun.which(program) === null) throw new ReleaseFailure(`${program} is missing`);
  throw new ReleaseFailure(`${argv.slice(0, 3).join(" ")} failed:\n${result.output.trimEnd()}`);
}

/**
 * The same of a program that may not be there.
 * @throws ReleaseFailure when it is not, with `why` it is needed
 */
export function requireProgram(name: string, why: string): void {
  if (Bun.which(name) === null) throw new ReleaseFailure(`${name} is missing: ${why}`);
}
