import { contenders } from "../contender.ts";
import { amount, below } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { inTurns, inWorlds } from "../turns.ts";

const ROWS = ["runtime", "entry", "entry-down", "debian", "newest-iptables"];
/** The kernel's search for a duplicate takes a second or more: a median tells. */
const NO_WAIT_MS = 500;

/** IPv4 and IPv6, on a host that looks for duplicate addresses as hosts do. */
export const dualStack: Scenario = {
  id: "dual-stack",
  title: "Dual stack",
  text:
    "The dbnet chain with an IPv6 range besides, duplicate address detection on, as is the kernel's " +
    "default. A search for duplicates takes a second or two.",
  run: async (settings) => {
    const { size } = settings;
    const wanted = await contenders(settings, ROWS);
    const { rows, raw } = await inWorlds(wanted, { dualStack: true }, async (worlds) => {
      for (const world of worlds.values()) await world.ask("detectDuplicates", undefined);
      return await inTurns(
        [...worlds].map(([contender, world]) => ({
          contender,
          world,
          rounds: contender.reference ? size.slowRounds : size.rounds,
        })),
      );
    });
    return {
      tables: [
        {
          head: ["milliseconds", "ADD median", "p99", "DEL median", "p99"],
          body: rows.map(({ contender, add, del }) => [
            contender.title,
            ...[add.median, add.p99, del.median, del.p99].map(amount),
          ]),
        },
      ],
      goals: rows
        .filter(({ contender }) => !contender.reference)
        .map(({ contender, add }) =>
          below(
            `dual stack, no wait for duplicates: ${contender.title}, ADD`,
            add.median,
            NO_WAIT_MS,
            "ms",
          ),
        ),
      raw,
    };
  },
};
