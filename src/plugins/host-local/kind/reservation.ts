import { Ip, Prefix } from "../../../addr/index.ts";
import { addressesOf, type IpConfig } from "../../../spec/index.ts";
import {
  differs,
  type FileScene,
  type Kind,
  made,
  type Piece,
  type Rollback,
  runAll,
  type Standing,
} from "../../../state/index.ts";
import {
  allocate,
  type Choice,
  chooseOnly,
  collect,
  discardAside,
  foundReservations,
  fullError,
  type Holding,
  isHeldBy,
  isOldHolder,
  type Removal,
  type Reservations,
  rangeFor,
  release,
  releaseNamed,
  reserving,
  showRangeSet,
  staleReservations,
  verifyCapacity,
  verifyReservation,
  withReservations,
} from "../../../state/reservations/index.ts";
import { type HostLocalConfig, parseDir } from "../config.ts";

/** Addresses reserved for one attachment, in the directory that Go's host-local uses too. */
export const reservation: Kind<HostLocalConfig, Reservation, FileScene> = {
  name: "address reservation",
  want: (scene, config) => new Reservation(scene, config),

  /** Ranges and arguments may have changed since ADD; neither is looked at. */
  async undo({ ctx }) {
    const { signal } = ctx;
    const removal = await withReservations(parseDir(ctx), { signal }, async (reservations) => {
      discardAside(reservations.path);
      await reservations.prepare();
      return release(reservations, holdingOf(ctx));
    });
    await throwErrors(removal);
  },

  found: async ({ ctx }) => await foundReservations(parseDir(ctx), holdingOf(ctx)),
  stale: async ({ ctx }, { valid }) => await staleReservations(parseDir(ctx), valid),

  async collect({ ctx }, { valid }) {
    const { signal } = ctx;
    const removal = await withReservations(parseDir(ctx), { signal }, async (reservations) => {
      discardAside(reservations.path);
      return await collect(reservations, valid);
    });
    await throwErrors(removal);
  },
};

class Reservation implements Piece {
  readonly name: string = reservation.name;
  readonly #scene: FileScene;
  readonly #config: HostLocalConfig;
  /** What `apply` reserved, one per set in their order. */
  #allocations: readonly Choice[] = [];

  constructor(scene: FileScene, config: HostLocalConfig) {
    this.#scene = scene;
    this.#config = config;
  }

  /** For the result. */
  ips(): IpConfig[] {
    return this.#allocations.map(({ ip, range }) => ({
      address: `${ip}/${range.subnet.length}`,
      gateway: range.gateway.toString(),
    }));
  }

  describe(): string {
    const { dir, requested, sets } = this.#config;
    const wishes = sets.map((set, at) => {
      const ip = this.#allocations[at]?.ip ?? requested.find((each) => rangeFor(set, each.ip))?.ip;
      return ip === undefined ? `one of ${showRangeSet(set)}` : ip.toString();
    });
    return `${wishes.join(", ")}, noted in ${dir.dataDir}/${dir.network}`;
  }

  /** Chooses as `apply` does; another ADD may be faster by then. */
  async compare(): Promise<Standing> {
    const { dir, sets, requested } = this.#config;
    const holding = holdingOf(this.#scene.ctx);
    this.#allocations = await chooseOnly(dir, { holding, sets, requested });
    return made();
  }

  async apply(rollback: Rollback): Promise<void> {
    const { dir, sets, requested } = this.#config;
    const { signal } = this.#scene.ctx;
    const holding = holdingOf(this.#scene.ctx);
    const allocations = await withReservations(dir, { create: true, signal }, async (all) => {
      if (requested.length === 0) await all.prepare();
      return allocate(all, { holding, sets, requested }, reserving(all));
    });
    this.#allocations = allocations ?? [];
    const names = this.#allocations.map(({ ip }) => ip.toString());
    rollback.defer(async () => {
      // Not under the signal: what was begun is taken back also when the caller has given up.
      await withReservations(dir, {}, (all) => releaseNamed(all, holding, names));
    });
  }

  /** Compares the addresses of the result that lie in our sets; others are another plugin's. */
  check(): void {
    const holding = holdingOf(this.#scene.ctx);
    verifyReservation(this.#config.dir, {
      plugin: "host-local",
      holding,
      expected: this.#expected(),
    });
  }

  /**
   * Reserves the addresses of the result again, where none has them by now.
   * @throws CniError that names the holder of one that is another's
   */
  async restore(): Promise<void> {
    const expected = this.#expected();
    const { ctx } = this.#scene;
    const holding = holdingOf(ctx);
    if (expected.length === 0) throw differs("the result has no address of the ranges");
    const options = { create: true, signal: ctx.signal };
    await withReservations(this.#config.dir, options, (all) => {
      for (const ip of expected) restoreReservation(all, holding, ip);
    });
  }

  #expected(): Ip[] {
    const { sets } = this.#config;
    const { prevResult, ifName } = this.#scene.ctx;
    const expected = prevResult === undefined ? [] : addressesOf(prevResult, ifName);
    return expected.flatMap(({ address }) => {
      const ip = Prefix.tryParse(address)?.ip ?? Ip.tryParse(address);
      return ip !== undefined && sets.some((set) => rangeFor(set, ip)) ? [ip] : [];
    });
  }

  async ready(): Promise<void> {
    const { dir, sets, failStatusWhenFull } = this.#config;
    for (const full of await verifyCapacity(dir, sets)) {
      if (failStatusWhenFull) throw fullError(dir, full);
      this.#scene.ctx.log(`host-local: ${full}; ADD has to wait until a container goes`);
    }
  }
}

function restoreReservation(all: Reservations, holding: Holding, ip: Ip): void {
  const name = ip.toString();
  const holder = all.holder(name);
  if (holder === undefined || holder.kind === "vacant") {
    if (holder !== undefined) all.remove(name);
    if (!all.create(name, holding)) throw differs(`${name} was reserved by another just now`);
    return;
  }
  if (isHeldBy(holder, holding) || isOldHolder(holder, holding)) return;
  const who = holder.kind === "attachment" ? `${holder.containerId} ${holder.ifName}` : "another";
  throw differs(`${name} is reserved for ${who} by now`, "two containers may have one address");
}

function holdingOf({ containerId, ifName }: Holding): Holding {
  return { containerId, ifName };
}

async function throwErrors(removal: Removal | undefined): Promise<void> {
  const errors = removal?.errors ?? [];
  const throwing = errors.map((error) => (): never => {
    throw error;
  });
  await runAll(throwing);
}
