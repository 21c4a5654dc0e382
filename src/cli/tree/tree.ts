import type { Command } from "commander";
import type { CliIo } from "../io.ts";

/** What a group of commands is added to, and is given when one of them runs. */
export interface Tree {
  readonly program: Command;
  readonly io: CliIo;
  /** Takes the exit code of the command that ran. */
  readonly finish: (code: number) => void;
}
