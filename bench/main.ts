import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { goalsOf, type Record, render } from "./record.ts";
import { prune, publish, RESULTS, read, write } from "./results.ts";
import type { Settings } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { describeMachine, isBuildStale } from "./setting.ts";
import { SIZES } from "./size.ts";

/**
 * `npm run bench`: what the plugins cost, ours and others', each in worlds of their own. Tables go to
 * standard output and, with plots and all single times, into `bench/results`. What cannot run here is
 * named on standard error.
 */

const USAGE = `usage: npm run bench -- [options]
  --only SCENARIO   only this one, may be repeated: ${SCENARIOS.map(({ id }) => id).join(" ")}
  --row ROW         only this contender, may be repeated: veth kernel floor runtime entry entry-down
                    executables debian newest-iptables newest-nftables netavark
  -n ROUNDS         rounds of each contender
  --against DIR     measure another checkout beside this one, in which npm run build was run
  --full            more rounds, and 10,000 attachments: half an hour
  --tiny            hardly anything, to see that all runs
  --publish         make the run the one that docs/performance.md shows
  --from FILE       measure nothing, take the record of an earlier run (for --publish)
  --results DIR     where the files go, default bench/results
  --strict          exit 1 when a goal is missed`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, short: "o" },
    row: { type: "string", multiple: true },
    rounds: { type: "string", short: "n" },
    against: { type: "string" },
    full: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
    from: { type: "string" },
    results: { type: "string", default: RESULTS },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

function settings(): Settings {
  const size = SIZES[options.tiny ? "tiny" : options.full ? "full" : "usual"];
  const rounds = Number(options.rounds ?? size.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new TypeError(`-n wants a number of rounds, not ${JSON.stringify(options.rounds)}`);
  }
  const unknown = options.only?.filter((id) => !SCENARIOS.some((one) => one.id === id)) ?? [];
  if (unknown.length > 0) {
    throw new TypeError(`--only wants one of the scenarios, not ${unknown.join(", ")}`);
  }
  const against = options.against === undefined ? undefined : resolve(options.against);
  if (against !== undefined && !existsSync(join(against, "dist/hawser"))) {
    throw new TypeError(`--against wants a checkout that is built; ${against} has no dist/hawser`);
  }
  const slowRounds = Math.min(rounds, size.slowRounds);
  return {
    size: { ...size, rounds, slowRounds },
    rows: options.row,
    against,
    say: (text) => console.error(text),
  };
}

async function measure(): Promise<Record> {
  if (await isBuildStale()) console.error("dist is not what the sources make: run npm run build");
  const asked = settings();
  const scenarios: Record["scenarios"][number][] = [];
  for (const { id, title, text, run } of SCENARIOS) {
    if (options.only?.includes(id) ?? true) {
      console.error(`${title} …`);
      scenarios.push({ id, title, text, outcome: await run(asked) });
    }
  }
  const when = new Date().toISOString().replaceAll(":", "-").replace(/\..*/, "");
  return { when, machine: await describeMachine(), asked: asking(), scenarios };
}

/** The words of the command line that say what is measured. */
function asking(): string {
  const { full, tiny, rounds, against, only = [], row = [] } = options;
  const words = [
    ...(full ? ["--full"] : []),
    ...(tiny ? ["--tiny"] : []),
    ...(against === undefined ? [] : ["--against", basename(against)]),
    ...(rounds === undefined ? [] : ["-n", rounds]),
    ...only.flatMap((id) => ["--only", id]),
    ...row.flatMap((id) => ["--row", id]),
  ];
  return words.length === 0 ? "" : ` -- ${words.join(" ")}`;
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const record = options.from === undefined ? await measure() : read(options.from);
  if (options.from === undefined) {
    write(options.results, record.when, record);
    prune(options.results);
  }
  if (options.publish) publish(record);
  console.log(render(record, (id) => `${record.when}-${id}.svg`));
  const missed = goalsOf(record).filter(({ reached }) => !reached);
  for (const { what, goal, measured } of missed) {
    console.error(`goal missed: ${what}: ${measured}, not ${goal}`);
  }
  return options.strict && missed.length > 0 ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof TypeError ? 2 : 1);
}
