import { type Contender, contenders } from "../contender.ts";
import type { BurstTimes } from "../inside/burst.ts";
import { amount, atMost, below, type Goal, type Outcome } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { summarise } from "../statistics.ts";
import { World } from "../world.ts";

const ROWS = ["entry", "entry-down", "newest-iptables"];
const FLOOR: Contender = {
  id: "starts",
  title: "process starts alone",
  how: { way: "start", argv: ["/bin/true"] },
  warmUp: 0,
  reference: false,
};

interface Ran {
  readonly contender: Contender;
  readonly times: readonly BurstTimes[];
}

/** Many containers at the same time, as after a node's start. */
export const burst: Scenario = {
  id: "burst",
  title: "Many containers at once",
  text:
    "The dbnet chain for all containers at the same time by executables, then DEL of all. `all` is " +
    "from the first start to the last end; the first burst is not counted. The first row starts as " +
    "many processes, which do nothing: what it costs this program to start them.",
  run: async (settings) => {
    const { size, say } = settings;
    const ran: Ran[] = [];
    for (const contender of [FLOOR, ...(await contenders(settings, ROWS))]) {
      const { how, title, id } = contender;
      if (how.way !== "executables" && how.way !== "start") continue;
      say(`${id}: ${size.burst} at once`);
      const world = await World.open(title);
      const times: BurstTimes[] = [];
      try {
        const bursts = contender.reference ? 1 : size.bursts;
        for (let nth = 0; nth <= bursts; nth++) {
          const one = await world.ask("burst", { how, count: size.burst });
          if (nth > 0 || one.failures.length > 0) times.push(one);
        }
      } finally {
        await world.close();
      }
      ran.push({ contender, times });
    }
    return { tables: [table(ran, size.burst)], goals: goals(ran, size.burst), raw: raw(ran) };
  },
};

function figures({ times }: Ran): { p99: number; addAll: number; delP99: number; delAll: number } {
  const median = (values: readonly number[]): number =>
    values.length === 0 ? Number.NaN : summarise(values).median;
  const p99 = (verb: "add" | "del"): number => {
    const each = times.flatMap((one) => one[verb].each);
    return each.length === 0 ? Number.NaN : summarise(each).p99;
  };
  return {
    p99: p99("add"),
    addAll: median(times.map(({ add }) => add.all)),
    delP99: p99("del"),
    delAll: median(times.map(({ del }) => del.all)),
  };
}

function table(ran: readonly Ran[], count: number): Outcome["tables"][number] {
  return {
    head: [`${count} at once, milliseconds`, "ADD p99", "ADD all", "DEL p99", "DEL all", "failed"],
    body: ran.map((one) => {
      const { p99, addAll, delP99, delAll } = figures(one);
      const failed = one.times.reduce((sum, { failures }) => sum + failures.length, 0);
      return [one.contender.title, ...[p99, addAll, delP99, delAll].map(amount), String(failed)];
    }),
  };
}

function goals(ran: readonly Ran[], count: number): Goal[] {
  const entry = ran.find(({ contender }) => contender.id === "entry");
  const floor = ran.find(({ contender }) => contender.id === FLOOR.id);
  if (entry === undefined || floor === undefined) return [];
  const { addAll, delAll } = figures(entry);
  const ratio = addAll / figures(floor).addAll;
  const failed = entry.times.reduce((sum, { failures }) => sum + failures.length, 0);
  return [
    atMost(`${count} ADDs at once by entry programs, against process starts alone`, ratio, 2),
    below(`${count} DELs at once by entry programs: all done`, delAll, 200, "ms"),
    {
      what: `${count} at once: failures`,
      goal: "0",
      measured: String(failed),
      reached: failed === 0,
    },
  ];
}

function raw(ran: readonly Ran[]): unknown {
  return Object.fromEntries(ran.map(({ contender, times }) => [contender.id, times]));
}
