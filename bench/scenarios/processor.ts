import { type Contender, contenders } from "../contender.ts";
import type { Round, Work } from "../inside/lab.ts";
import { amount, type Table, times } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { summarise } from "../statistics.ts";
import { inWorlds, warm } from "../turns.ts";

const ROWS = ["kernel", "runtime", "entry"];

type Taken = Round & { readonly work: Work };

interface Ran {
  readonly contender: Contender;
  readonly taken: readonly Taken[];
}

const VERBS = ["add", "del"] as const;

/** What an operation costs of the processors, which is steadier than the time that it takes. */
export const processor: Scenario = {
  id: "processor",
  title: "Processor time per operation",
  text:
    "The dbnet chain, all in turns, with a pause behind each operation: what the main thread and all threads " +
    "of the process that does the work (the daemon, or the benchmark's own) have run on a processor, " +
    "by /proc/PID/task/TID/schedstat. Process starts are not in it.",
  run: async (settings) => {
    const { size } = settings;
    const wanted = await contenders(settings, ROWS);
    const ran = await inWorlds(wanted, {}, async (worlds) => {
      const found = [...worlds].map(([contender, world]) => ({
        ...{ contender, world, taken: [] as Taken[] },
      }));
      for (const { contender, world } of found) {
        await warm({ contender, world, rounds: size.rounds });
      }
      for (let left = size.rounds; left > 0; left--) {
        for (const { contender, world, taken } of found) {
          taken.push(await world.ask("work", { id: contender.id, pauseMs: size.pauseMs }));
        }
      }
      return found.map(({ contender, taken }) => ({ contender, taken }));
    });
    return {
      tables: [workTable(ran), againstTable(ran)],
      goals: [],
      raw: Object.fromEntries(ran.map(({ contender, taken }) => [contender.id, taken])),
    };
  },
};

function workTable(ran: readonly Ran[]): Table {
  return {
    head: ["medians in milliseconds", "ADD main thread", "all", "DEL main thread", "all"],
    body: ran.map((one) => [
      one.contender.title,
      ...VERBS.flatMap((verb) => [
        amount(median(one, verb, "main")),
        amount(median(one, verb, "all")),
      ]),
    ]),
  };
}

function againstTable(ran: readonly Ran[]): Table {
  return {
    head: ["times as much as before", "ADD main thread", "all", "DEL main thread", "all"],
    body: ran.flatMap((before) => {
      const now = ran.find(({ contender }) => contender.id === before.contender.after);
      if (now === undefined) return [];
      const cells = VERBS.flatMap((verb) =>
        (["main", "all"] as const).map((part) =>
          times(median(now, verb, part) / median(before, verb, part)),
        ),
      );
      return [[now.contender.title, ...cells]];
    }),
  };
}

function median({ taken }: Ran, verb: "add" | "del", part: "main" | "all"): number {
  return summarise(taken.map(({ work }) => work[verb][part])).median;
}
