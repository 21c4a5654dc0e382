/** `hawser pools`: how full the ranges of networks are. */
import { createColors } from "picocolors";
import { rangeForm, reservationForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { showRange } from "../../state/reservations/index.ts";
import {
  fullness,
  type Holding,
  lookAtPools,
  type Pool,
  percentOf,
  rangeConfigs,
} from "../../view/pools/index.ts";
import { ConfigError } from "../failure.ts";
import type { CliIo } from "../io.ts";
import { json } from "../json.ts";
import { readNode } from "../node.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";
import { suggestion } from "../suggest.ts";
import { type Column, table } from "../table.ts";

/** What `pools` has beside the common options. */
export interface PoolsOptions extends CommonOptions {
  /** Only ranges that are nearly full. */
  readonly full?: boolean;
  /** Only ranges with addresses that are reserved for nothing. */
  readonly leaked?: boolean;
}

/** `hawser pools [NETWORK]` */
export async function runPools(
  io: CliIo,
  name: string | undefined,
  options: PoolsOptions,
): Promise<number> {
  const session = new Session(io, options, "POOLS");
  return await session.run(async () => {
    if (name !== undefined) session.about({ network: name });
    const view = readNode(session);
    const configs = rangeConfigs(view);
    const names = [...view.networks.keys(), ...configs.map(({ network }) => network)];
    if (name !== undefined && !names.includes(name)) throw notFound(name, names);
    const wanted = configs.filter(({ network }) => name === undefined || network === name);
    // Overlaps are found among all; what is shown is chosen afterwards.
    const report = lookAtPools(configs, view);
    for (const problem of report.problems) session.warn(problem);
    const pools = report.pools.filter((pool) => {
      if (name !== undefined && pool.network !== name) return false;
      if (options.full === true && fullness(pool) === undefined) return false;
      return options.leaked !== true || pool.leaked.length > 0;
    });
    const strays = report.strays.filter(({ network }) => name === undefined || network === name);
    session.answer({
      pools: pools.map((pool) => json(rangeForm(pool))),
      strays: strays.map((stray) => json(reservationForm(stray))),
      problems: [...report.problems],
    });
    if (!session.json) io.stdout.write(table(COLUMNS, pools, io.stdout) + notesText(pools, strays));
    if (pools.length === 0) session.say(nothing(name, wanted.length > 0));
  });
}

function notFound(name: string, names: readonly string[]): ConfigError {
  const msg = `no network is called ${JSON.stringify(name)}`;
  const advice = suggestion(name, names);
  return new ConfigError(new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, { advice }));
}

function nothing(name: string | undefined, hasRanges: boolean): string {
  if (hasRanges) return "no range is so";
  return name === undefined
    ? "no network of this node hands out addresses by host-local or cluster"
    : `network ${name} does not hand out addresses by host-local or cluster`;
}

/** Leaked addresses that are named for people; programs get all. */
const NAMED = 5;

const COLUMNS: readonly Column<Pool>[] = [
  { title: "NETWORK", text: ({ network }) => network },
  { title: "RANGE", text: ({ range }) => showRange(range), least: 17 },
  { title: "IN USE", text: ({ inUse }) => count(inUse), isRight: true, spare: 2 },
  { title: "FREE", text: ({ free }) => count(free), isRight: true, spare: 1 },
  { title: "USED", text: (pool) => `${percentOf(pool)}%`, isRight: true },
  { title: "EXCLUDED", text: ({ excluded }) => count(excluded), isRight: true, spare: 3 },
  { title: "LEAKED", text: ({ leaked }) => String(leaked.length), isRight: true },
  {
    title: "NOTE",
    text: (pool) => noteOf(pool).toUpperCase(),
    paint: (text) => createColors(true).yellow(text),
    isOptional: true,
  },
];

/** What a node of a fleet may do with a range is said where it may not reserve from it. */
function noteOf(pool: Pool): string {
  const { holding = "held" } = pool;
  return holding === "held" ? (fullness(pool) ?? "") : holding;
}

function notesText(pools: readonly Pool[], strays: readonly Holding[]): string {
  const notes = [
    ...pools.flatMap(notesOf),
    ...[...Map.groupBy(strays, ({ network }) => network)].map(
      ([network, all]) => `${network}: outside of its ranges are reserved ${named(all)}`,
    ),
  ];
  return notes.length === 0 ? "" : `\n${notes.map((note) => `${printable(note)}\n`).join("")}`;
}

function notesOf(pool: Pool): string[] {
  const { network, range, leaked, overlaps, requested, file } = pool;
  const name = `${network} ${showRange(range)}`;
  const notes: string[] = [];
  const gone = leaked.filter(({ state }) => state === "orphan");
  if (gone.length > 0) {
    notes.push(
      `${name}: reserved for what is gone are ${named(gone)}; hawser gc ${network} --dead frees them`,
    );
  }
  const unknown = leaked.filter(({ state }) => state === "leak");
  if (unknown.length > 0) {
    notes.push(
      `${name}: reserved for what nothing here knows to be attached are ${named(unknown)}; ` +
        `hawser del ${network} --id ID frees the addresses of one`,
    );
  }
  for (const other of overlaps) {
    // Each pair is named once.
    if (other.network < network) continue;
    notes.push(`${name}: overlaps with ${other.range} of network ${other.network}`);
  }
  if (requested > 0n) notes.push(`${name}: of the excluded, ${requested} were asked for`);
  if (file === undefined) notes.push(`${name}: no file has this range, only what is attached does`);
  return notes;
}

function named(all: readonly Holding[]): string {
  const first = all.slice(0, NAMED).map(({ ip, containerId, ifName }) => {
    const holder = [containerId, ifName].filter((part) => part !== "").join(" ");
    return holder === "" ? ip.toString() : `${ip} (${holder})`;
  });
  const more = all.length - first.length;
  return first.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Where digits would tell people nothing, the magnitude. */
function count(number: bigint): string {
  return number < 10n ** 12n ? number.toString() : Number(number).toExponential(1);
}
