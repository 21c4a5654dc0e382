/** What packages bring for shells and people; the executable writes the same by `install`. */
import { commandsBelow } from "./command/extras.ts";
import { makeProgram, NOTES } from "./hawser.ts";
import type { Output } from "./io.ts";

const SILENT: Output = { write: () => undefined, isTTY: false, color: false };

/** Manual pages and completions by their path below a prefix such as `/usr`. */
export async function commandTexts(): Promise<Readonly<Record<string, string>>> {
  const io = {
    ...{ words: [], env: {}, cwd: "/", program: "hawser" },
    ...{ stdout: SILENT, stderr: SILENT, signal: new AbortController().signal },
  };
  const program = makeProgram(io, () => undefined);
  return (await commandsBelow("/usr", { program, notes: NOTES })).texts;
}
