import { dbnet } from "../../tests/support/dbnet.ts";
import { contenders } from "../contender.ts";
import { type At, countedTable, flatGoals } from "../counted.ts";
import { resultWith } from "../inside/prev-result.ts";
import { amount, atMost, type Plot, type Table, times } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { type Summary, summarise } from "../statistics.ts";
import { inTurns } from "../turns.ts";
import { World } from "../world.ts";

const ROWS = ["entry", "newest-iptables"];
const FIRST_SERVER_PORT = 8080;
const MOST = 1.2;
/** Where the two ends run (on one processor or on two) halves or doubles a connection's time. */
const RUNS = 5;

interface Connections {
  readonly title: string;
  readonly id: string;
  readonly at: { readonly count: number; readonly ms: Summary }[];
}

/** A further mapped port, and a connection through one, on a host that has mapped many. */
export const hostPort: Scenario = {
  id: "host-port",
  title: "hostPort with many mappings present",
  text:
    "portmap alone, called for one TCP port more; and a new connection from a machine beyond the host " +
    "to a container, through the mapping that was made last. Ours were mapped by the plugin, 100 a " +
    "call; those of the reference plugin were made in bulk, in its shape. Connections are counted in " +
    "five runs, of which the calmest is shown.",
  run: async (settings) => {
    const { size, say } = settings;
    const found = size.mappings.map((count) => ({ count, rows: [] as At["rows"] }));
    const connections: Connections[] = [];
    const raw: Record<string, unknown> = {};
    for (const contender of await contenders(settings, ROWS)) {
      const { id, how, title } = contender;
      if (how.way !== "executables") continue;
      const list = { ...dbnet({ backend: how.backend }) };
      const plugins = list.plugins.filter(({ type }) => type === "portmap");
      const prevResult = { ...resultWith("10.1.3.3") };
      const world = await World.open(title);
      const mine: Connections = { title, id, at: [] };
      connections.push(mine);
      try {
        await world.ask("open", { id, order: { how, list: { ...list, plugins }, prevResult } });
        // The plugin's own chains, before any bulk.
        await world.ask("round", { id });
        let present = 1;
        for (const [nth, count] of size.mappings.entries()) {
          say(`${id}: ${count} mappings`);
          const port = FIRST_SERVER_PORT + nth;
          // The server's is one of them.
          const order = { from: present, to: count, serverPort: port, how };
          await world.ask("openPorts", { ...order, bulk: contender.reference });
          present = count;
          const rounds = contender.reference ? size.slowRounds : size.rounds;
          const turns = await inTurns([{ contender, world, rounds }]);
          const runs: number[][] = [];
          for (let run = 0; run < RUNS; run++) {
            runs.push(await world.ask("connections", { port, count: size.connections }));
          }
          mine.at.push({ count, ms: calmest(runs) });
          const place = found[nth];
          if (place !== undefined) place.rows = [...place.rows, ...turns.rows];
          raw[`${id} at ${count}`] = { rounds: turns.raw[id], connections: runs };
        }
      } finally {
        await world.close();
      }
    }
    const own = connections.find(({ id }) => id === "entry");
    return {
      tables: [countedTable(found, "mappings"), connectionsTable(connections, size.mappings)],
      goals: [
        ...flatGoals(found, "entry", "mappings", MOST, ["add"]),
        ...(own === undefined
          ? []
          : [
              atMost(
                `a new connection with ${size.mappings.at(-1)} mappings`,
                connectionGrowth(own),
                MOST,
              ),
            ]),
      ],
      plots: [connectionsPlot(connections)],
      raw,
    };
  },
};

function calmest(runs: readonly (readonly number[])[]): Summary {
  const summaries = runs.map((run) => summarise(run));
  return summaries.reduce((best, each) => (each.median < best.median ? each : best));
}

function connectionGrowth({ at }: Connections): number {
  return (at.at(-1)?.ms.median ?? Number.NaN) / (at[0]?.ms.median ?? Number.NaN);
}

function connectionsTable(found: readonly Connections[], counts: readonly number[]): Table {
  return {
    head: [
      "a new connection, ms, mappings present:",
      ...counts.flatMap((count) => [`median ${count}`, "p99"]),
      "×",
    ],
    body: found.map((one) => [
      one.title,
      ...one.at.flatMap(({ ms }) => [ms.median.toFixed(3), ms.p99.toFixed(3)]),
      times(connectionGrowth(one)),
    ]),
  };
}

function connectionsPlot(found: readonly Connections[]): Plot {
  return {
    id: "connections",
    title: "A new TCP connection with many mappings present",
    x: "mappings",
    y: "median, ms",
    lines: found.map(({ title, at }) => ({
      name: title,
      points: at.map(({ count, ms }) => [count, Number(amount(ms.median * 1000)) / 1000] as const),
    })),
  };
}
