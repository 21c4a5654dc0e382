import type { Conflist } from "../../tests/support/chain.ts";
import { type Contender, contenders } from "../contender.ts";
import type { FleetTimes } from "../inside/fleet.ts";
import { amount, atMost, below, type Goal, type Table, times } from "../outcome.ts";
import type { Scenario, Settings } from "../scenario.ts";
import { inTurns, type Row, rowOf, type Turns } from "../turns.ts";
import { World } from "../world.ts";

const ROWS = ["entry", "entry-down"];
const IPV4_BITS = 32;
/** First and last address of a subnet. */
const OUTER = 2;
/** Goals, in milliseconds. */
const GOALS = { boot: 5000, scarce: 60_000, plenty: 20_000, routes: 1000 } as const;

const HOST_LOCAL: Conflist = {
  cniVersion: "1.1.0",
  name: "alone",
  plugins: [{ type: "host-local", ipam: { type: "host-local", subnet: "10.41.0.0/16" } }],
};

interface Fleets {
  readonly scarce: FleetTimes;
  readonly plenty: FleetTimes;
  readonly pods: number;
}

/** Many machines, one network. */
export const cluster: Scenario = {
  id: "cluster",
  title: "A fleet",
  text:
    "The IPAM plugin `cluster` alone, through entry programs. Beside `host-local`, in turns, with a block at " +
    "hand; and on ten nodes, each in namespaces of its own with its own daemon, and a real etcd: all addresses " +
    "of a subnet are given to as many containers, then as many of a subnet with plenty. What a runtime and an " +
    "interface plugin would do besides is left out. Nodes, etcd and the programs that ask share the processors.",
  run: async (settings) => {
    const hasEtcd = ["etcd", "etcdctl"].every((name) => Bun.which(name) !== null);
    if (!hasEtcd) {
      settings.say("left out: fleets of several nodes, which need etcd (npm run setup)");
    }
    const beside = await besideHostLocal(settings, hasEtcd);
    const fleets = hasEtcd ? await measured(settings) : undefined;
    return {
      tables: [
        besideTable(beside),
        ...(fleets === undefined ? [] : [fleetTable(fleets, settings)]),
      ],
      goals: [
        ...besideGoals(beside),
        ...(fleets === undefined ? [] : fleetGoals(fleets, settings)),
      ],
      raw: { beside: beside.map(({ raw }) => raw), fleets },
    };
  },
};

interface Beside {
  readonly contender: Contender;
  readonly hostLocal: Row;
  readonly cluster: Row;
  /** Writes to the store for each ADD and DEL; absent where files are the store. */
  readonly writes?: number;
  readonly raw: Turns["raw"];
}

/** Both plugins in one world, in turns. */
async function besideHostLocal(settings: Settings, etcd: boolean): Promise<Beside[]> {
  const found: Beside[] = [];
  for (const contender of await contenders(settings, ROWS)) {
    const { how, title, id, warmUp } = contender;
    settings.say(`${id}: host-local and cluster in turns`);
    const world = await World.open(title);
    try {
      const list = await world.ask("makeFleet", { etcd });
      const rivals = [
        { ...contender, id: "host-local" },
        { ...contender, id: "cluster" },
      ];
      for (const [at, each] of [HOST_LOCAL, list].entries()) {
        await world.ask("open", { id: rivals[at]?.id ?? "", order: { how, list: each } });
      }
      const { rounds } = settings.size;
      const seats = rivals.map((rival) => ({ contender: rival, world, rounds, warmUp }));
      // The first ADD waits for the node's first block.
      await world.ask("round", { id: "cluster" });
      const before = etcd ? await world.ask("storeRevision", {}) : 0;
      const { rows, raw } = await inTurns(seats);
      const after = etcd ? await world.ask("storeRevision", {}) : 0;
      const [hostLocal, cluster] = ["host-local", "cluster"].map((one) => rowOf(rows, one));
      if (hostLocal === undefined || cluster === undefined) throw new Error("a row is missing");
      const counted = rounds + Math.min(warmUp, rounds);
      const writes = etcd ? { writes: (after - before) / counted } : {};
      found.push({ contender, hostLocal, cluster, raw, ...writes });
    } finally {
      await world.close();
    }
  }
  return found;
}

async function measured({ size, say }: Settings): Promise<Fleets> {
  const { nodes, blockSize, scarce, plenty } = size.fleet;
  const length = Number(scarce.split("/")[1]);
  const pods = 2 ** (IPV4_BITS - length) - OUTER - nodes;
  const run = async (title: string, subnet: string, grows: boolean): Promise<FleetTimes> => {
    say(`${title}: ${pods} containers on ${nodes} nodes in ${subnet}`);
    const world = await World.open(title);
    try {
      return await world.ask("fleetTimes", { nodes, subnet, blockSize, pods, grows });
    } finally {
      await world.close();
    }
  };
  return {
    scarce: await run("as many addresses as containers", scarce, false),
    plenty: await run("plenty of addresses", plenty, true),
    pods,
  };
}

function ratio({ hostLocal, cluster }: Beside, verb: "add" | "del"): number {
  return cluster[verb].median / hostLocal[verb].median;
}

function besideTable(beside: readonly Beside[]): Table {
  return {
    head: [
      "medians in milliseconds",
      ...["host-local ADD", "cluster ADD", "×", "host-local DEL", "cluster DEL", "×"],
      "writes to the store per ADD",
    ],
    body: beside.map((one) => [
      one.contender.title,
      ...(["add", "del"] as const).flatMap((verb) => [
        amount(one.hostLocal[verb].median),
        amount(one.cluster[verb].median),
        times(ratio(one, verb)),
      ]),
      one.writes === undefined ? "" : amount(one.writes),
    ]),
  };
}

function besideGoals(beside: readonly Beside[]): Goal[] {
  return beside.flatMap((one) => [
    atMost(
      `${one.contender.title}: ADD with a block at hand, against host-local`,
      ratio(one, "add"),
      1.1,
    ),
    ...(one.writes === undefined
      ? []
      : [below(`${one.contender.title}: writes to the store per ADD`, one.writes, 0.05, "")]),
  ]);
}

function fleetTable({ scarce, plenty, pods }: Fleets, { size }: Settings): Table {
  const { nodes, blockSize } = size.fleet;
  const row = (title: string, one: FleetTimes): string[] => [
    title,
    ...[one.boot, one.all].map((ms) => amount(ms / 1000)),
    `${one.addresses} of ${pods}`,
    String(one.failures.length),
    String(one.writes),
    one.routes === undefined ? "" : amount(one.routes / 1000),
  ];
  return {
    head: [
      `${nodes} nodes, ${pods} containers; seconds`,
      ...["boot of the fleet", "all attached", "addresses", "failed", "writes to the store"],
      "a new node's routes everywhere",
    ],
    body: [
      row(`as many addresses as containers, blocks of /${blockSize}`, scarce),
      row("plenty of addresses", plenty),
    ],
  };
}

function fleetGoals({ scarce, plenty, pods }: Fleets, { size }: Settings): Goal[] {
  const { nodes } = size.fleet;
  const seconds = (what: string, ms: number, most: number): Goal =>
    below(what, ms / 1000, most / 1000, "s");
  const got = (what: string, one: FleetTimes): Goal => ({
    what: `${what}: different addresses`,
    goal: String(pods),
    measured: String(one.addresses),
    reached: one.addresses === pods && one.failures.length === 0,
  });
  return [
    seconds(`a fleet of ${nodes} nodes boots at once`, plenty.boot, GOALS.boot),
    seconds(`${pods} containers on ${nodes} nodes, every address needed`, scarce.all, GOALS.scarce),
    got("every address needed", scarce),
    seconds(`${pods} containers on ${nodes} nodes, plenty`, plenty.all, GOALS.plenty),
    got("plenty", plenty),
    seconds("a new node's routes are everywhere", plenty.routes ?? Number.NaN, GOALS.routes),
  ];
}
