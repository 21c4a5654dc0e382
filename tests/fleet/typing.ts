import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, readBlocks, readSession } from "../../tools/docs.ts";
import { ROOT } from "../../tools/test/files.ts";

/** Commands of docs/cluster.md, which tests type on nodes of their own. */

export const BLOCKS: readonly Block[] = readBlocks(
  readFileSync(join(ROOT, "docs/cluster.md"), "utf8"),
);

/** The commands of a block; those of a session with its outputs left out. */
export function commandsOf(block: Block): string {
  if (block.language !== "console") return block.text;
  return readSession(block)
    .map(({ command }) => `${command}\n`)
    .join("");
}

/** The one block whose commands begin with these words. */
export function shown(beginning: string): Block {
  const found = BLOCKS.filter((block) => commandsOf(block).startsWith(beginning));
  const [block] = found;
  if (block === undefined || found.length > 1) {
    throw new Error(`docs/cluster.md shows ${found.length} blocks with ${beginning}`);
  }
  return block;
}
