import { type Contender, contenders } from "../contender.ts";
import type { DaemonState } from "../inside/daemon.ts";
import { below, type Goal } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import type { Size } from "../size.ts";
import { STATE_HEAD, stateCells } from "../state.ts";
import { World } from "../world.ts";

/** A processor's part that is as good as none: what some timers cost. */
const NO_CPU = 0.001;

/** A daemon just started, and after it was used. */
interface Seen {
  readonly contender: Contender;
  readonly started: DaemonState;
  readonly used: DaemonState;
}

/** The daemon when no call comes. */
export const memory: Scenario = {
  id: "memory",
  title: "The idle daemon",
  text:
    "Just started, and after some calls: memory, and processor time of all threads. Its own memory " +
    "(RssAnon, RssShmem) is what no file holds; what is resident besides (VmRSS) are pages of the " +
    "program's file, which the kernel may drop, and which all processes of that file share.",
  run: async ({ size, ...settings }) => {
    const seen: Seen[] = [];
    for (const contender of await contenders({ size, ...settings }, ["entry"])) {
      if (contender.how.way === "executables") seen.push(await watch(contender, size));
    }
    const count = size.rounds * 2;
    return {
      tables: [
        {
          head: ["the daemon", ...STATE_HEAD],
          body: seen.flatMap(({ contender, started, used }) => {
            const whose = contender.after === undefined ? "" : "before: ";
            return [
              [`${whose}just started`, ...stateCells(started)],
              [`${whose}after ${count} containers came and went`, ...stateCells(used)],
            ];
          }),
        },
      ],
      goals: seen.filter(({ contender }) => contender.after === undefined).flatMap(goals),
      raw: Object.fromEntries(seen.map(({ contender, ...states }) => [contender.id, states])),
    };
  },
};

async function watch(contender: Contender, size: Size): Promise<Seen> {
  const { id, how } = contender;
  const world = await World.open("the daemon");
  try {
    await world.ask("open", { id, order: { how } });
    const asked = { entries: how.way === "executables" ? how.dir : "", watchMs: size.watchMs };
    const started = await world.ask("daemonState", asked);
    for (let left = size.rounds * 2; left > 0; left--) await world.ask("round", { id });
    return { contender, started, used: await world.ask("daemonState", asked) };
  } finally {
    await world.close();
  }
}

function goals({ started, used }: Seen): Goal[] {
  const idleCpu = Math.max(started.idleCpu, used.idleCpu);
  const own = Math.max(started.ownMiB, used.ownMiB);
  return [
    below("daemon memory, idle: its own", own, 50, "MiB"),
    {
      what: "daemon, idle: processor",
      goal: "none",
      measured: `${(idleCpu * 100).toFixed(2)} %`,
      reached: idleCpu <= NO_CPU,
    },
  ];
}
