import { expect } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Block,
  isAsShown,
  readBlocks,
  readSession,
  readWalk,
  walkScript,
} from "../../tools/docs.ts";
import { must } from "../support/exec.ts";

/** A guide's sessions, typed with programs that stand for those of the node. */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MARK = "---guide---";

export function blocksOf(guide: string): Block[] {
  return readBlocks(readFileSync(join(ROOT, `docs/guides/${guide}.md`), "utf8"));
}

export interface Desk {
  /** An empty directory, where the commands are typed. */
  readonly place: string;
  /** Programs by their names, each as the words that it is started with. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Types them, and compares what is printed with what is shown. */
export async function typeGuide(guide: string, { place, programs, env = {} }: Desk): Promise<void> {
  const bin = join(place, "bin");
  mkdirSync(bin);
  symlinkSync(join(ROOT, "dist/hawser"), join(bin, "hawser"));
  for (const [name, [program = "", ...words]] of Object.entries(programs)) {
    // By its path: by its name it would find itself.
    const line = [Bun.which(program) ?? program, ...words].map((word) => `'${word}'`).join(" ");
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
  }
  const blocks = blocksOf(guide).filter(({ language }) => language === "console");
  const output = await must(["sh", "-c", walkScript(blocks, MARK)], {
    cwd: place,
    env: { ...env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" },
    timeoutMs: 40_000,
  });
  const came = readWalk(output, MARK);
  const shown = blocks.flatMap(readSession);
  for (const [at, { command, output: expected }] of shown.entries()) {
    const { output: printed, exitCode } = came[at] ?? { output: "the shell has ended\n" };
    const text = isAsShown(expected, printed) ? expected : printed;
    expect([command, text, exitCode]).toEqual([command, expected, 0]);
  }
}
