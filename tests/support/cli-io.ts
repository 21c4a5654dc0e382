import type { CliIo, Output } from "../../src/cli/index.ts";

/** A command line without a process: what it writes is kept. */
export interface FakeIo {
  readonly io: CliIo;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Makes one for the words given. It is no terminal, and the program is a file that is no plugin. */
export function fakeIo(words: readonly string[], more: Partial<CliIo> = {}): FakeIo {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const io: CliIo = {
    words,
    env: {},
    cwd: "/",
    stdout: keeping(stdout),
    stderr: keeping(stderr),
    signal: new AbortController().signal,
    program: "/nowhere/hawser",
    ...more,
  };
  return { io, stdout: () => stdout.join(""), stderr: () => stderr.join("") };
}

function keeping(texts: string[]): Output {
  return { write: (text) => void texts.push(text), isTTY: false, color: false };
}
