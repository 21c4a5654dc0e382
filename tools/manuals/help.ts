/** docs/cli.md shows the help of commands: what they print now stands in its blocks. */

import { runHawser } from "../../src/cli/index.ts";
import { fakeIo } from "../../tests/support/cli-io.ts";

export const CLI_DOCUMENT = "docs/cli.md";

/** The document with each block of help as its command prints it. */
export async function withHelp(document: string): Promise<string> {
  const blocks = document.split(/(?<=^```text\n)(?=Usage: hawser )/m);
  const written = blocks.map(async (block, at) => {
    const [, words] = /^Usage: hawser ([a-z ]*?) ?(?:\[|<|$)/m.exec(block) ?? [];
    if (at === 0 || words === undefined) return block;
    const { io, stdout } = fakeIo([...words.split(" ").filter((word) => word !== ""), "--help"]);
    await runHawser(io);
    return `${stdout().trim()}\n${block.slice(block.indexOf("```"))}`;
  });
  return (await Promise.all(written)).join("");
}
