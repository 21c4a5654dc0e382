import { expect, test } from "bun:test";
import type { Command } from "commander";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { examplesOf, wordsOf } from "./examples.ts";
import { makeProgram } from "./hawser.ts";

/** The commands that do something, but those that shells alone call. */
function leaves(command: Command): Command[] {
  const visible = command.createHelp().visibleCommands(command);
  const inner = visible.filter((each) => each.name() !== "help").flatMap(leaves);
  return inner.length > 0 ? inner : [command];
}

/** A tree whose commands note what they would have been run with, and do nothing. */
function silent(): { program: Command; ran: string[] } {
  const program = makeProgram(fakeIo([]).io, () => undefined);
  const ran: string[] = [];
  const silence = (command: Command): void => {
    if (command.parent !== null) command.action(() => void ran.push(wordsOf(command).join(" ")));
    command.commands.forEach(silence);
  };
  silence(program);
  return { program, ran };
}

/** Words of a shell, without anything that a shell would do. */
function split(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** It tells its flags itself, in the form of the Go plugin's daemon. */
const FOREIGN: ReadonlySet<string> = new Set(["dhcp daemon"]);

const COMMANDS = leaves(silent().program).filter((command) => {
  return !FOREIGN.has(wordsOf(command).join(" "));
});

test.each(COMMANDS.map((command) => [wordsOf(command).join(" "), command] as const))(
  "the help of %s ends with two or three examples that it understands",
  async (name, command) => {
    const examples = examplesOf(command);
    expect([name, examples.length >= 2 && examples.length <= 3]).toEqual([name, true]);
    for (const { text, line } of examples) {
      const { program, ran } = silent();
      const [first, ...words] = split(line);
      await program.parseAsync(words, { from: "user" });
      expect([line, first, ran]).toEqual([line, "hawser", [name]]);
      expect(text).not.toMatch(/\.$/);
      expect(Math.max(text.length + 4, line.length + 2)).toBeLessThanOrEqual(100);
    }
    const shown = fakeIo([]);
    const { program } = { program: makeProgram(shown.io, () => undefined) };
    await program.parseAsync([...name.split(" "), "--help"], { from: "user" }).catch(() => {});
    expect(shown.stdout()).toEndWith(`  ${examples.at(-1)?.line}\n`);
  },
);
