import { expect, test } from "bun:test";
import { fakeIo } from "../../tests/support/cli-io.ts";
import { GROUPS, makeProgram } from "./hawser.ts";

test("a group that is added alone has the commands by whose names it is found", () => {
  const named = GROUPS.filter(({ names }) => names.length > 0);
  expect(named.length).toBeGreaterThan(8);
  for (const group of named) {
    const program = makeProgram(fakeIo([]).io, () => undefined, [group]);
    expect(program.commands.map((command) => command.name())).toEqual([...group.names]);
  }
});

test("a command's help is the same alone and in the whole tree", () => {
  const whole = makeProgram(fakeIo([]).io, () => undefined);
  for (const group of GROUPS.filter(({ names }) => names.length > 0)) {
    const part = makeProgram(fakeIo([]).io, () => undefined, [group]);
    for (const command of part.commands) {
      const same = whole.commands.find((other) => other.name() === command.name());
      expect(command.helpInformation()).toBe(same?.helpInformation() ?? "");
    }
  }
});
