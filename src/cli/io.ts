import type { PartialEnvironment } from "../spec/index.ts";

/** What the commands are given of the process they run in. */
export interface CliIo {
  /** The words after the program's name. */
  readonly words: readonly string[];
  readonly env: PartialEnvironment;
  /** Where relative paths start. */
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** The file of this program; plugins found there are run in this process. */
  readonly program: string;
  /** The module that runs in threads of the node daemon; absent where there are none. */
  readonly threadUrl?: string;
  /** False for a caller that is not root; then a refusal by the kernel is explained by that. */
  readonly isRoot?: boolean;
  /** Prints a question and reads a line; absent where stdin is no terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** Where plugins lie beside this program, if they do: the default plugin directories. */
  readonly ownPluginDirs?: readonly string[];
}

/** A stream that people or programs read. */
export interface Output {
  /** Never throws. */
  write(text: string): void;
  /** A terminal, on which lines may be drawn anew. */
  readonly isTTY: boolean;
  /** Whether colours may be used. */
  readonly color: boolean;
  /** Width of a terminal; absent where there is none: then nothing is cut. */
  readonly columns?: number;
  /** Whether the reader has ended; what is written since then is lost. */
  readonly isClosed?: () => boolean;
}

/** How the commands end; docs/cli.md tells the same. */
export const ExitCode = {
  DONE: 0,
  /** A plugin or the runtime refused: nothing was done, or what was done is taken back. */
  FAILED: 1,
  /** The command was called wrongly; nothing was done. */
  USAGE: 2,
  /** The network's configuration is missing or wrong; nothing was done. */
  CONFIG: 3,
  /** It may work later: error code 11, or a time-out. */
  LATER: 4,
  /** It is done, but the answer could not be written to stdout. */
  UNWRITTEN: 5,
  /** 128 and the signal's number, as shells count. */
  INTERRUPTED: 130,
  TERMINATED: 143,
} as const;

/** How a command ends that a signal has ended. */
export function interruptedCode({ reason }: AbortSignal): number {
  return reason === "SIGTERM" ? ExitCode.TERMINATED : ExitCode.INTERRUPTED;
}
