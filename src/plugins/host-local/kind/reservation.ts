import type { Ip } from "../../../addr/index.ts";
import type { IpConfig } from "../../../spec/index.ts";
import {
  differs,
  type FileScene,
  type Kind,
  made,
  type Piece,
  type Rollback,
  type Standing,
} from "../../../state/index.ts";
import {
  allocate,
  type Choice,
  chooseOnly,
  fullError,
  holdingOf,
  promisedAddresses,
  rangeFor,
  releaseLater,
  reservationRemoval,
  reserving,
  restoreReservations,
  showRangeSet,
  verifyCapacity,
  verifyReservation,
  withReservations,
} from "../../../state/reservations/index.ts";
import { type HostLocalConfig, parseDir } from "../config.ts";

/** Addresses reserved for one attachment, in the directory that Go's host-local uses too. */
export const reservation: Kind<HostLocalConfig, Reservation, FileScene> = {
  name: "address reservation",
  want: (scene, config) => new Reservation(scene, config),
  ...reservationRemoval(parseDir),
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
    releaseLater(
      rollback,
      dir,
      holding,
      this.#allocations.map(({ ip }) => ip),
    );
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
    if (expected.length === 0) throw differs("the result has no address of the ranges");
    await restoreReservations(this.#config.dir, this.#scene.ctx, expected);
  }

  #expected(): Ip[] {
    const { sets } = this.#config;
    return promisedAddresses(this.#scene.ctx, (ip) => sets.some((set) => rangeFor(set, ip)));
  }

  async ready(): Promise<void> {
    const { dir, sets, failStatusWhenFull } = this.#config;
    for (const full of await verifyCapacity(dir, sets)) {
      if (failStatusWhenFull) throw fullError(dir, full);
      this.#scene.ctx.log(`host-local: ${full}; ADD has to wait until a container goes`);
    }
  }
}
