import type { Conflist } from "../../tests/support/chain.ts";
import { contenders } from "../contender.ts";
import { type At, countedPlots, countedTable, flatGoals } from "../counted.ts";
import { MANY } from "../inside/reservations.ts";
import type { Scenario } from "../scenario.ts";
import { inTurns, inWorlds } from "../turns.ts";

const ROWS = ["entry", "entry-down", "newest-iptables"];

/** Of those that are warm, since they were measured with fewer reservations. */
const WARM_UP = 2;

const LIST: Conflist = {
  cniVersion: "1.0.0",
  name: MANY,
  plugins: [{ type: "host-local", ipam: { type: "host-local", subnet: "10.1.0.0/16" } }],
};

/** host-local alone, in a network that has given out many addresses. */
export const hostLocal: Scenario = {
  id: "host-local",
  title: "host-local with many reservations",
  text:
    "host-local alone, in a /16. The reservations are files as the reference plugin writes them, " +
    "made by neither; the first calls after them are not counted.",
  run: async (settings) => {
    const { size, say } = settings;
    const wanted = (await contenders(settings, ROWS)).map((contender) => ({
      ...contender,
      title: contender.title.replace(" (iptables)", ""),
    }));
    const found: At[] = [];
    const raw: Record<string, unknown> = {};
    await inWorlds(wanted, { list: LIST }, async (worlds) => {
      let present = 0;
      for (const count of size.reservations) {
        say(`${count} reservations`);
        for (const world of worlds.values()) {
          await world.ask("reserve", { from: present, to: count });
        }
        present = count;
        const seats = [...worlds].map(([contender, world]) => ({
          contender,
          world,
          rounds: contender.reference && count > 0 ? size.slowRounds : size.rounds,
          ...(count === size.reservations[0] ? {} : { warmUp: WARM_UP }),
        }));
        const turns = await inTurns(seats);
        found.push({ count, rows: turns.rows });
        raw[count] = turns.raw;
      }
    });
    return {
      tables: [countedTable(found, "reservations")],
      goals: ["entry", "entry-down"].flatMap((id) => flatGoals(found, id, "reservations", 1.5)),
      plots: countedPlots(found, "reservations", "reservations"),
      raw,
    };
  },
};
