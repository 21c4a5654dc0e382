import { contenders } from "../contender.ts";
import { amount, atLeast, atMost, below, type Goal, type Table, times } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { inTurns, inWorlds, type Row, rowOf } from "../turns.ts";
import { beforeGoals, beforeTable } from "../versus.ts";

/** The chain of the specification's example, attached and detached by all contenders. */
export const chain: Scenario = {
  id: "chain",
  title: "The dbnet chain",
  text:
    "bridge (`isGateway`, `ipMasq`, host-local) → tuning (a sysctl, a MAC address) → portmap (a TCP " +
    "port), on one container that stays; each row in a world of its own.",
  run: async (settings) => {
    const wanted = await contenders(settings);
    const { rows, raw } = await inWorlds(wanted, {}, (worlds) =>
      inTurns(
        [...worlds].map(([contender, world]) => ({
          contender,
          world,
          rounds: settings.size.rounds,
        })),
      ),
    );
    const shown = rows.filter(({ contender }) => contender.id !== "veth");
    return {
      tables: [timesTable(shown), ratiosTable(shown), beforeTable(rows)],
      goals: [...goals(rows), ...beforeGoals(rows)],
      raw,
    };
  },
};

function timesTable(rows: readonly Row[]): Table {
  return {
    head: ["milliseconds", "ADD median", "p99", "min", "DEL median", "p99", "min"],
    body: rows.map(({ contender, add, del }) => [
      contender.title,
      ...[add.median, add.p99, add.min, del.median, del.p99, del.min].map(amount),
    ]),
  };
}

function ratiosTable(rows: readonly Row[]): Table {
  const references = rows.filter(({ contender }) => contender.reference);
  const others = rows.filter(({ contender }) => !contender.reference);
  return {
    head: [
      "times faster than …, ADD / DEL",
      ...references.map(({ contender }) => contender.title.replace(/ \(a process.*/, "")),
    ],
    body:
      references.length === 0
        ? []
        : others.map((row) => [
            row.contender.title,
            ...references.map((reference) => {
              const add = times(reference.add.median / row.add.median);
              return `${add} / ${times(reference.del.median / row.del.median)}`;
            }),
          ]),
  };
}

function goals(rows: readonly Row[]): Goal[] {
  const iptables = rowOf(rows, "newest-iptables");
  const kernel = rowOf(rows, "kernel");
  const veth = rowOf(rows, "veth");
  const entry = rowOf(rows, "entry");
  const runtime = rowOf(rows, "runtime");
  const down = rowOf(rows, "entry-down");
  const found: Goal[] = [];
  const against = "against the newest reference plugins (iptables)";
  if (entry !== undefined && iptables !== undefined) {
    const ratio = (verb: "add" | "del"): number => iptables[verb].median / entry[verb].median;
    found.push(atLeast(`entry programs, daemon up: ADD ${against}`, ratio("add"), 10));
    found.push(atLeast(`entry programs, daemon up: DEL ${against}`, ratio("del"), 6));
  }
  if (entry !== undefined && veth !== undefined) {
    const more = entry.del.median - veth.del.median;
    found.push(below("entry programs, daemon up: DEL beyond the veth pair's own", more, 5, "ms"));
  }
  if (runtime !== undefined && kernel !== undefined) {
    const ratio = (verb: "add" | "del"): number => runtime[verb].median / kernel[verb].median;
    const floor = "against the kernel's part alone";
    found.push(atMost(`in process: ADD ${floor}`, ratio("add"), 2.5));
    found.push(atMost(`in process: DEL ${floor}`, ratio("del"), 1.5));
  }
  if (down !== undefined && iptables !== undefined) {
    const ratio = (verb: "add" | "del"): number => iptables[verb].median / down[verb].median;
    found.push(atLeast(`daemon down: ADD ${against}`, ratio("add"), 1.3));
    found.push(atLeast(`daemon down: DEL ${against}`, ratio("del"), 2.5));
  }
  return found;
}
