import { type Contender, contenders } from "../contender.ts";
import type { Round } from "../inside/lab.ts";
import type { NeighbourOrder } from "../inside/neighbour.ts";
import { amount, atMost, type Goal, type Outcome, times } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { summarise } from "../statistics.ts";
import { inWorlds, warm } from "../turns.ts";
import type { World } from "../world.ts";

type Does = NeighbourOrder["does"];

const TITLES: Readonly<Record<Does, string>> = {
  nothing: "nothing else going on",
  hang: "another network hangs",
  flood: "a container floods its own namespace",
  answer: "answers of 100 MB arrive",
};
const DOES = Object.keys(TITLES) as Does[];
const BYTES = 100_000_000;
/** Of the same ADD without a neighbour. What a neighbour's own processes take is in it. */
const MOST = 4;

interface Ran {
  readonly contender: Contender;
  readonly taken: Readonly<Record<Does, readonly Round[]>>;
}

/** What a healthy network pays for neighbours that hang, flood or babble. */
export const neighbours: Scenario = {
  id: "neighbours",
  title: "While others misbehave",
  text:
    "The dbnet chain by entry programs, in turns: alone; while as many DELs as a burst has wait for the lock of " +
    "another network; while a container with many routes goes on to change them and is checked without a " +
    "pause; while another container's delegate answers with 100 MB, again and again. The neighbours' own " +
    "processes have the lowest priority.",
  run: async (settings) => {
    const wanted = await contenders(settings, ["entry"]);
    const ran = await inWorlds(wanted, {}, async (worlds) => {
      const found: Ran[] = [];
      for (const [contender, world] of worlds) {
        await warm({ contender, world, rounds: settings.size.rounds });
        settings.say(`${contender.id}: with neighbours`);
        found.push({ contender, taken: await measure(contender, world, settings.size) });
      }
      return found;
    });
    return {
      tables: [table(ran)],
      goals: ran.filter(({ contender }) => contender.id === "entry").flatMap(goals),
      raw: Object.fromEntries(ran.map(({ contender, taken }) => [contender.id, taken])),
    };
  },
};

async function measure(
  contender: Contender,
  world: World,
  size: { readonly rounds: number; readonly burst: number; readonly routes: number },
): Promise<Ran["taken"]> {
  const taken: Record<Does, Round[]> = { nothing: [], hang: [], flood: [], answer: [] };
  const { how, id } = contender;
  if (how.way !== "executables") return taken;
  for (const does of DOES) {
    const numbers = { calls: size.burst, routes: size.routes, bytes: BYTES };
    await world.ask("neighbour", { dir: how.dir, does, ...numbers });
    for (let left = size.rounds; left > 0; left--) {
      taken[does].push(await world.ask("round", { id }));
    }
    await world.ask("calm", {});
  }
  return taken;
}

function summary({ taken }: Ran, does: Does): { add: number; p99: number; del: number } {
  const add = summarise(taken[does].map((round) => round.add));
  return {
    add: add.median,
    p99: add.p99,
    del: summarise(taken[does].map(({ del }) => del)).median,
  };
}

function table(ran: readonly Ran[]): Outcome["tables"][number] {
  return {
    head: ["milliseconds", "ADD median", "times as long", "p99", "DEL median"],
    body: ran.flatMap((one) =>
      DOES.map((does) => {
        const { add, p99, del } = summary(one, does);
        const ratio = times(add / summary(one, "nothing").add);
        return [
          `${one.contender.title}: ${TITLES[does]}`,
          amount(add),
          ratio,
          amount(p99),
          amount(del),
        ];
      }),
    ),
  };
}

function goals(one: Ran): Goal[] {
  const alone = summary(one, "nothing").add;
  return DOES.filter((does) => does !== "nothing").map((does) =>
    atMost(`ADD on a healthy network while ${TITLES[does]}`, summary(one, does).add / alone, MOST),
  );
}
