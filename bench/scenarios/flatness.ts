import { type Contender, contenders } from "../contender.ts";
import { type At, countedPlots, countedTable, flatGoals } from "../counted.ts";
import type { DaemonState } from "../inside/daemon.ts";
import type { FillOrder } from "../inside/fill.ts";
import { below, type Table } from "../outcome.ts";
import type { Scenario, Settings } from "../scenario.ts";
import { STATE_HEAD, stateCells } from "../state.ts";
import { inTurns, type Seat } from "../turns.ts";
import { World } from "../world.ts";

/** Contenders that are measured side by side in one world, and how its many attachments came. */
interface Ward {
  readonly ids: readonly string[];
  readonly by: FillOrder["by"];
}

/** Of those that are warm, since they were measured with fewer attachments. */
const WARM_UP = 10;
const SLOW = new Set(["debian", "newest-iptables", "newest-nftables"]);

/** ADD and DEL of one container on hosts that have many already. */
export const flatness: Scenario = {
  id: "flatness",
  title: "With many attachments present",
  text:
    "The dbnet chain for one container more. The many are on bridges of at most 1,000 ports each " +
    "(the kernel's limit is 1,023), 100 in a namespace, each with an address and a mapped port. Ours " +
    "were attached by the entry programs and the daemon; those of the reference plugins were made in " +
    "bulk, in their shape (`ip -batch`, reservation files, `iptables-restore`).",
  run: async (settings) => {
    const wanted = await contenders(settings);
    const entry = wanted.find(({ id }) => id === "entry");
    const by: FillOrder["by"] = entry?.how.way === "executables" ? entry.how : "links";
    const wards: Ward[] = [
      { ids: ["kernel"], by: "links" },
      { ids: ["runtime", "entry", "executables"], by },
      { ids: ["newest-iptables"], by: "iptables" },
    ];
    const found = settings.size.attachments.map((count) => ({ count, rows: [] as At["rows"] }));
    const raw: Record<string, unknown> = {};
    const states = new Map<number, DaemonState>();
    for (const { ids, by: filling } of wards) {
      const here = wanted.filter(({ id }) => ids.includes(id));
      if (here.length > 0) {
        await ward(here, filling, settings, async (at, state) => {
          const place = found.find(({ count }) => count === at.count);
          if (place !== undefined) place.rows = [...place.rows, ...at.rows];
          if (state !== undefined) states.set(at.count, state);
          raw[`${ids.join()} at ${at.count}`] = at.raw;
        });
      }
    }
    const last = [...states].at(-1);
    return {
      tables: [countedTable(found, "attachments"), ...memoryTable(states)],
      goals: [
        ...["entry", "runtime", "executables"].flatMap((id) =>
          flatGoals(found, id, "attachments", 1.5),
        ),
        ...(last === undefined
          ? []
          : [
              below(
                `daemon memory with ${last[0]} attachments, its own`,
                last[1].ownMiB,
                120,
                "MiB",
              ),
            ]),
      ],
      plots: countedPlots(found, "attachments", "attachments"),
      raw: { rounds: raw, daemon: Object.fromEntries(states) },
    };
  },
};

type Seen = (at: At & { readonly raw: unknown }, state: DaemonState | undefined) => Promise<void>;

/** Some contenders in one world that is filled more and more. */
async function ward(
  here: readonly Contender[],
  by: FillOrder["by"],
  settings: Settings,
  seen: Seen,
): Promise<void> {
  const { size, say } = settings;
  const world = await World.open(here.map(({ title }) => title).join(", "));
  try {
    for (const { id, how } of here) await world.ask("open", { id, order: { how } });
    const seat = (contender: Contender): Seat => ({
      ...{ contender, world },
      rounds: SLOW.has(contender.id) ? size.slowRounds : size.rounds,
    });
    const daemon = here.map(({ how }) => how).find((how) => "daemon" in how && how.daemon);
    let present = 0;
    for (const count of size.attachments) {
      say(`${here.map(({ id }) => id).join(", ")}: ${count} attachments`);
      // The bulk goes behind what the plugins make at their first call.
      const isFirst = count === size.attachments[0];
      if (present === 0) await world.ask("round", { id: here[0]?.id ?? "" });
      await world.ask("fill", { by, from: present, to: count });
      present = count;
      const seats = here.map(seat);
      const { rows, raw } = await inTurns(
        isFirst ? seats : seats.map((each) => ({ ...each, warmUp: WARM_UP })),
      );
      const asked = {
        entries: daemon?.way === "executables" ? daemon.dir : "",
        watchMs: size.watchMs,
      };
      const state = daemon === undefined ? undefined : await world.ask("daemonState", asked);
      await seen({ count, rows, raw }, state);
    }
  } finally {
    await world.close();
  }
}

function memoryTable(states: ReadonlyMap<number, DaemonState>): Table[] {
  return states.size === 0
    ? []
    : [
        {
          head: ["the daemon, attachments present", ...STATE_HEAD],
          body: [...states].map(([count, state]) => [String(count), ...stateCells(state)]),
        },
      ];
}
