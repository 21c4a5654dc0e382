/** Commands that are a part of another one, which has one of them for a default. */
import type { Command } from "commander";
import { nearest } from "../../base/index.ts";

/**
 * A word that names no part of the command is a mistake: without this it would go to the default, which
 * takes none, and would be one word too many of a command that nothing has named.
 */
export function refuseUnknownPart(command: Command): void {
  command.hook("preSubcommand", (parent) => {
    const [word = "-"] = parent.args;
    if (word.startsWith("-") || word === "help") return;
    if (parent.commands.some((part) => isNamed(part, word))) return;
    const close = partMeant(parent, word);
    const hint = close === undefined ? "" : `\n(Did you mean ${close}?)`;
    parent.error(`error: unknown command '${word}'${hint}`, { code: "commander.unknownCommand" });
  });
}

/** The part of a command that a word is close to. */
export function partMeant({ commands }: Command, word: string): string | undefined {
  return nearest(
    word,
    commands.map((part) => part.name()),
  );
}

function isNamed(part: Command, word: string): boolean {
  return part.name() === word || part.aliases().includes(word);
}
