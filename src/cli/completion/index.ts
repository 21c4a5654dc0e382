/** Completion scripts, made of the command tree. */
import type { Command } from "commander";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { type ProgramTree, treeOf } from "./tree.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS: Readonly<Record<Shell, (tree: ProgramTree) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The shells that a script can be made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** Whether a word names one of them. */
export function isShell(word: string): word is Shell {
  return (SHELLS as readonly string[]).includes(word);
}

/** The script that makes a shell complete the words of a program. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](treeOf(program));
}

/** The same for a tree that is no commander's. */
export function completionOfTree(tree: ProgramTree, shell: Shell): string {
  return SCRIPTS[shell](tree);
}
