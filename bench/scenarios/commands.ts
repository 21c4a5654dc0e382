import { portAt } from "../inside/numbers.ts";
import { amount, below, type Goal, times } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { type Summary, summarise } from "../statistics.ts";
import { World } from "../world.ts";

const MOST_MS = 100;
/** What starts and prints a line, and looks at nothing. */
const START = "version";

/** Commands that only look, in words that each fit the attachments of the world. */
const COMMANDS: readonly string[] = [
  START,
  "status",
  "ls",
  "show many-1",
  "ip 10.1.0.3",
  `ports ${portAt(1)}`,
  "ports",
  "pools",
  "networks",
  "validate /etc/cni/net.d",
  "plan dbnet many-0 --id one-more --ifname eth9",
  "gc dbnet --none-valid --dry-run",
  "doctor",
  "doctor many-1",
  "trace",
];

interface Ran {
  readonly command: string;
  readonly summary: Summary;
}

/** How long people wait for an answer. */
export const commands: Scenario = {
  id: "commands",
  title: "Commands that look",
  text:
    "`hawser` and its commands, from the start of the process to its end, on a node with many " +
    "attachments of the dbnet chain, each with a cache file, a reservation, a veth pair and a port.",
  run: async ({ size, say }) => {
    const world = await World.open("hawser");
    try {
      say(`commands: ${size.attached} attachments`);
      await world.ask("attachMany", { count: size.attached });
      const ran: Ran[] = [];
      const raw: Record<string, readonly number[]> = {};
      for (const command of COMMANDS) {
        const found = await world.ask("commandTimes", {
          words: command.split(" "),
          rounds: size.slowRounds,
        });
        raw[command] = found;
        ran.push({ command, summary: summarise(found) });
      }
      return { tables: [tableOf(ran, size.attached)], goals: goalsOf(ran, size.attached), raw };
    } finally {
      await world.close();
    }
  },
};

function startOf(ran: readonly Ran[]): number {
  return ran.find(({ command }) => command === START)?.summary.median ?? Number.NaN;
}

function tableOf(ran: readonly Ran[], count: number): { head: string[]; body: string[][] } {
  return {
    head: [`milliseconds, ${count} attachments`, "median", "p99", "× a start"],
    body: ran.map(({ command, summary: { median, p99 } }) => [
      `hawser ${command}`,
      amount(median),
      amount(p99),
      times(median / startOf(ran)),
    ]),
  };
}

function goalsOf(ran: readonly Ran[], count: number): Goal[] {
  return ran
    .filter(({ command }) => command !== START)
    .map(({ command, summary: { median } }) => {
      return below(`hawser ${command.split(" ")[0]}, ${count} attachments`, median, MOST_MS, "ms");
    });
}
