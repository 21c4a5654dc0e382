import { join } from "node:path";
import {
  debianPlugins,
  entryPrograms,
  hawserPlugins,
  newestPlugins,
} from "../../tests/support/plugin-sets.ts";
import { type Contender, runnable } from "../contender.ts";
import { amount, type Goal } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { inTurns, inWorlds, type Row, rowOf } from "../turns.ts";

/** What any call of an executable costs before it does anything. */
export const version: Scenario = {
  id: "version",
  title: "VERSION of the bridge plugin",
  text: "A process that starts, says which versions it speaks, and ends.",
  run: async (settings) => {
    const wanted = runnable(all(), settings);
    const { rows, raw } = await inWorlds(wanted, {}, (worlds) =>
      inTurns(
        [...worlds].map(([contender, world]) => ({
          contender,
          world,
          rounds: settings.size.rounds * 2,
        })),
      ),
    );
    const table = {
      head: ["milliseconds", "median", "p99", "min"],
      body: rows.map(({ contender, add }) => [
        contender.title,
        ...[add.median, add.p99, add.min].map(amount),
      ]),
    };
    return { tables: [table], goals: goals(rows), raw };
  },
};

function all(): Contender[] {
  const row = (id: string, title: string, path: string, missing?: string): Contender => ({
    id,
    title,
    how: { way: "start", argv: [path] },
    warmUp: 2,
    reference: id === "debian" || id === "newest",
    ...(missing === undefined ? {} : { missing }),
  });
  const sets = [
    ["entry", "Hawser, entry program", entryPrograms()],
    ["executable", "Hawser, executable", hawserPlugins()],
    ["debian", "reference, Debian's", debianPlugins()],
    ["newest", "reference, newest", newestPlugins()],
  ] as const;
  return [
    row("true", "a process that does nothing", "/bin/true"),
    ...sets.map(([id, title, set]) => row(id, title, join(set.dir, "bridge"), set.missing)),
  ];
}

function goals(rows: readonly Row[]): Goal[] {
  const entry = rowOf(rows, "entry");
  const theirs = rows.filter(({ contender }) => contender.reference).map(({ add }) => add.median);
  if (entry === undefined || theirs.length === 0) {
    return [];
  }
  const fastest = Math.min(...theirs);
  return [
    {
      what: "VERSION of an entry program",
      goal: `≤ ${amount(fastest)} ms (a Go plugin)`,
      measured: `${amount(entry.add.median)} ms`,
      reached: entry.add.median <= fastest,
    },
  ];
}
