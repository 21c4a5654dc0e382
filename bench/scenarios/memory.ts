import { contenders } from "../contender.ts";
import { amount, below } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { World } from "../world.ts";

/** A processor's part that is as good as none: what some timers cost. */
const NO_CPU = 0.001;

/** The daemon when nobody calls it. */
export const memory: Scenario = {
  id: "memory",
  title: "The idle daemon",
  text: "Just started, and after some calls: memory (VmRSS), and processor time of all threads.",
  run: async (settings) => {
    const { size } = settings;
    const [contender] = await contenders(settings, ["entry"]);
    if (contender?.how.way !== "executables") {
      return { tables: [], goals: [], raw: {} };
    }
    const { id, how } = contender;
    const world = await World.open("the daemon");
    try {
      await world.ask("open", { id, order: { how } });
      const asked = { entries: how.dir, watchMs: size.watchMs };
      const started = await world.ask("daemonState", asked);
      for (let left = size.rounds * 2; left > 0; left--) {
        await world.ask("round", { id });
      }
      const used = await world.ask("daemonState", asked);
      const idleCpu = Math.max(started.idleCpu, used.idleCpu);
      const row = (name: string, state: typeof used): string[] => [
        name,
        amount(state.residentMiB),
        amount(state.ownMiB),
        `${(state.idleCpu * 100).toFixed(2)} %`,
      ];
      return {
        tables: [
          {
            head: ["the daemon", "resident, MiB", "of it its own", "processor while idle"],
            body: [
              row("just started", started),
              row(`after ${size.rounds * 2} containers came and went`, used),
            ],
          },
        ],
        goals: [
          below("daemon memory, idle", Math.max(started.residentMiB, used.residentMiB), 80, "MiB"),
          {
            what: "daemon, idle: processor",
            goal: "none",
            measured: `${(idleCpu * 100).toFixed(2)} %`,
            reached: idleCpu <= NO_CPU,
          },
        ],
        raw: { started, used },
      };
    } finally {
      await world.close();
    }
  },
};
