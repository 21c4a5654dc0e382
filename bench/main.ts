import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Contender, chainContenders, startContenders } from "./contender.ts";
import { missedGoals, type Row, ratiosTable, rowOf, startsTable, timesTable } from "./report.ts";
import { describeMachine, isBuildStale } from "./setting.ts";
import { type Round, World } from "./world.ts";

/**
 * `npm run bench`: ADD and DEL of the dbnet chain by everybody who can run it here, each in a world
 * of its own. They take turns (five rounds of A, of B, of C, of A again), so that a machine that
 * gets slower or faster does so for all. The tables go to standard output and, with the raw times,
 * into `bench/results`. Whoever cannot run here is named on standard error.
 */

/** Rounds in a row: containers come in bursts, and who has idled for seconds is measured cold. */
const TURN = 5;

const RESULTS = fileURLToPath(new URL("./results/", import.meta.url));

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", short: "n", default: "30" },
    only: { type: "string", short: "o", multiple: true },
    results: { type: "string", default: RESULTS },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (options.help) {
  console.log(
    "usage: npm run bench -- [-n ROUNDS] [-o ROW]... [--strict]\n" +
      "  -n   rounds of each row, default 30\n" +
      "  -o   run only this row (kernel runtime executables debian newest-iptables newest-nftables)\n" +
      "  --results DIR   where the record goes, default bench/results\n" +
      "  --strict   exit 1 when a goal is missed",
  );
  process.exit(0);
}

const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`-n wants a number of rounds, not ${JSON.stringify(options.rounds)}`);
  process.exit(2);
}

function runnable(contenders: readonly Contender[]): Contender[] {
  const wanted = contenders.filter(
    ({ id }) => options.only === undefined || options.only.includes(id),
  );
  for (const { title, missing } of wanted) {
    if (missing !== undefined) {
      console.error(`left out: ${title}, needs ${missing}`);
    }
  }
  return wanted.filter(({ missing }) => missing === undefined);
}

interface Measured {
  readonly rows: Row[];
  readonly raw: Record<string, readonly Round[]>;
}

async function measure(contenders: readonly Contender[]): Promise<Measured> {
  const worlds: { world: World; rounds: Round[] }[] = [];
  for (const contender of contenders) {
    worlds.push({ world: await World.open(contender), rounds: [] });
  }
  try {
    for (const { world } of worlds) {
      for (let turn = 0; turn < Math.min(world.contender.warmUp, rounds * 2); turn++) {
        await world.round();
      }
    }
    for (let done = 0; done < rounds; done += TURN) {
      if (process.stderr.isTTY) {
        process.stderr.write(`\rround ${done + 1} of ${rounds} `);
      }
      for (const { world, rounds: taken } of worlds) {
        for (let left = Math.min(TURN, rounds - done); left > 0; left--) {
          taken.push(await world.round());
        }
      }
    }
  } finally {
    if (process.stderr.isTTY) {
      process.stderr.write("\r\x1b[K");
    }
    await Promise.all(worlds.map(({ world }) => world.close()));
  }
  return {
    rows: worlds.map(({ world, rounds: taken }) => rowOf(world.contender, taken)),
    raw: Object.fromEntries(worlds.map(({ world, rounds: taken }) => [world.contender.id, taken])),
  };
}

if (await isBuildStale()) {
  console.error("dist is not what the sources make: run npm run build");
}
const chain = await measure(runnable(await chainContenders()));
const starts = await measure(options.only === undefined ? runnable(await startContenders()) : []);
const machine = await describeMachine();
const chainName = "bridge (isGateway, ipMasq, host-local) → tuning → portmap (1 TCP port)";
const text = [
  `${chainName}; ${rounds} rounds; ${machine}; milliseconds`,
  timesTable(chain.rows, "dbnet chain, ms"),
  ...(chain.rows.some((row) => row.contender.reference) ? [ratiosTable(chain.rows)] : []),
  ...(starts.rows.length === 0 ? [] : [startsTable(starts.rows)]),
].join("\n\n");
console.log(text);

mkdirSync(options.results, { recursive: true });
const stamp = new Date().toISOString().replaceAll(":", "-").replace(/\..*/, "");
const record = {
  when: stamp,
  machine,
  rounds,
  rows: chain.rows,
  starts: starts.rows,
  raw: chain.raw,
};
writeFileSync(join(options.results, `${stamp}.json`), `${JSON.stringify(record, null, 2)}\n`);
writeFileSync(join(options.results, `${stamp}.md`), `${text}\n`);

const missed = missedGoals(chain.rows);
for (const goal of missed) {
  console.error(`goal missed: ${goal}`);
}
process.exit(options.strict && missed.length > 0 ? 1 : 0);
