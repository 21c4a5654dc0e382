import { expect } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
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

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MARK = "---guide---";

export function blocksOf(guide: string): Block[] {
  return readBlocks(readFileSync(join(ROOT, `docs/guides/${guide}.md`), "utf8"));
}

export interface Desk {
  /** An empty directory, where the commands are typed. */
  readonly place: string;
  /** Programs by their names, each as the words that it is started with. */
  readonly programs?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What a client does meanwhile: before the session that begins with this command. */
  readonly before?: Readonly<Record<string, () => Promise<void>>>;
}

/** Types them, and compares what is printed with what is shown. */
export async function typeGuide(guide: string, desk: Desk): Promise<void> {
  const { place, programs = {}, env = {}, before = {} } = desk;
  const bin = join(place, "bin");
  mkdirSync(bin);
  symlinkSync(join(ROOT, "dist/hawser"), join(bin, "hawser"));
  for (const [name, [program = "", ...words]] of Object.entries(programs)) {
    // By its path: by its name it would find itself.
    const line = [Bun.which(program) ?? program, ...words].map((word) => `'${word}'`).join(" ");
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
  }
  const blocks = blocksOf(guide).filter(isTyped);
  const firsts = blocks.map(firstCommand);
  for (const command of Object.keys(before)) {
    expect(firsts.filter((first) => first === command)).toEqual([command]);
  }
  for (const block of blocks) {
    await before[firstCommand(block)]?.();
    const output = await must(["sh", "-c", walkScript([block], MARK)], {
      cwd: place,
      env: { ...env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" },
      timeoutMs: 40_000,
    });
    expectAsShown(block, output);
  }
}

/** A file that a guide puts into a directory of the node is the test's to lay. */
function isTyped({ language, target }: Block): boolean {
  return language === "console" || (target !== undefined && !isAbsolute(target.name));
}

function firstCommand(block: Block): string {
  return block.language === "console" ? (readSession(block)[0]?.command ?? "") : "";
}

function expectAsShown(block: Block, output: string): void {
  if (block.language !== "console") return;
  const came = readWalk(output, MARK);
  for (const [at, { command, output: expected }] of readSession(block).entries()) {
    const { output: printed, exitCode } = came[at] ?? { output: "the shell has ended\n" };
    const text = isAsShown(expected, printed) ? expected : printed;
    expect([command, text, exitCode]).toEqual([command, expected, 0]);
  }
}
