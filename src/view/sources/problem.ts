import { errnoName, errorText } from "../../base/index.ts";

/** A source that could not be read, whole or in part; all others were. */
export interface Problem {
  /** A path, or what was asked of the kernel. */
  readonly source: string;
  readonly text: string;
  /** Whether the system has refused it to this caller, as it does where that is not root. */
  readonly refused: boolean;
  /** The error itself; absent for what was read and could not be understood. */
  readonly error?: Error;
}

/** Takes problems as they are met. */
export type OnProblem = (problem: Problem) => void;

/** For a caller that needs all sources. @throws what kept one from being read */
export function refuse({ source, text, error }: Problem): void {
  throw error ?? new Error(`${source}: ${text}`);
}

/** What a source has; where it cannot be read the problem is noted, and there is nothing. */
export function orProblem<T>(source: string, onProblem: OnProblem, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    onProblem(problemOf(source, error));
    return undefined;
  }
}

export function problemOf(source: string, error: unknown): Problem {
  const text = errorText(error);
  const known = error instanceof Error ? error : new Error(text, { cause: error });
  return { source, text, refused: isRefusal(error), error: known };
}

function isRefusal(error: unknown): boolean {
  let link: unknown = error;
  for (let depth = 0; depth < 32 && link instanceof Error; depth++) {
    if (["EACCES", "EPERM"].includes(errnoName(link))) return true;
    link = link.cause;
  }
  return false;
}
