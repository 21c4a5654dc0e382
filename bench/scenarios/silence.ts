import { type Contender, contenders } from "../contender.ts";
import { amount, atMost, type Goal, type Table } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { summarise } from "../statistics.ts";
import { inWorlds, warm } from "../turns.ts";

interface Ran {
  readonly contender: Contender;
  readonly busy: number[];
  readonly silent: number[];
  readonly silentMain: number[];
}

/** The first call after a time without any, as most calls of a node are. */
export const silence: Scenario = {
  id: "silence",
  title: "The first call after a silence",
  text:
    "ADD of the dbnet chain by entry programs to a daemon that is warm and has had no call for a minute. " +
    "A daemon that is started by hand lacks the engine's settings of the unit: what it compiled is " +
    "dropped meanwhile.",
  run: async (settings) => {
    const { size, say } = settings;
    const wanted = (await contenders(settings, ["entry"])).flatMap(withHand);
    const ran = await inWorlds(wanted, {}, async (worlds) => {
      const found = [...worlds].map(([contender, world]) => ({
        world,
        ...{ contender, busy: [] as number[], silent: [] as number[], silentMain: [] as number[] },
      }));
      for (const { contender, world } of found) {
        await warm({ contender, world, rounds: size.rounds });
      }
      for (let nth = 1; nth <= size.silences; nth++) {
        for (const { contender, world, busy } of found) {
          const { add } = await world.ask("round", { id: contender.id });
          busy.push(add);
        }
        say(`silence ${nth} of ${size.silences}`);
        await Bun.sleep(size.silenceMs);
        for (const { contender, world, silent, silentMain } of found) {
          const taken = await world.ask("work", { id: contender.id, pauseMs: size.pauseMs });
          silent.push(taken.add);
          silentMain.push(taken.work.add.main);
        }
      }
      return found.map(({ world: _, ...one }) => one);
    });
    return {
      tables: [table(ran)],
      goals: goals(ran),
      raw: Object.fromEntries(ran.map(({ contender, ...times }) => [contender.id, times])),
    };
  },
};

/** A contender, and for the one of this checkout the same with a daemon that was started by hand. */
function withHand(contender: Contender): Contender[] {
  const { how, after, id, title } = contender;
  if (how.way !== "executables" || after !== undefined) return [contender];
  const byHand = { ...how, daemon: "by hand" } as const;
  return [contender, { ...contender, id: `${id}-by-hand`, title: `${title} by hand`, how: byHand }];
}

function median(values: readonly number[]): number {
  return summarise(values).median;
}

function table(ran: readonly Ran[]): Table {
  return {
    head: ["medians in milliseconds", "ADD in a row", "after a silence", "of it the main thread"],
    body: ran.map(({ contender, busy, silent, silentMain }) => [
      contender.title,
      ...[busy, silent, silentMain].map((values) => amount(median(values))),
    ]),
  };
}

function goals(ran: readonly Ran[]): Goal[] {
  const [kept, dropped] = ["entry", "entry-by-hand"].map((id) =>
    ran.find(({ contender }) => contender.id === id),
  );
  if (kept === undefined || dropped === undefined) return [];
  const ratio = median(kept.silentMain) / median(dropped.silentMain);
  return [
    atMost("the first ADD after a silence: main thread, against a daemon by hand", ratio, 0.9),
  ];
}
