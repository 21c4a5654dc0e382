import type { Ip } from "../../../addr/index.ts";
import { BootClock } from "../../../cluster/clock/index.ts";
import { type ClusterPaths, parsePlace, pathsOf } from "../../../cluster/config/index.ts";
import {
  isNoted,
  notedNetworks,
  noteNetwork,
  removeNote,
} from "../../../cluster/networks/index.ts";
import { readPicture } from "../../../cluster/reading/index.ts";
import { servable } from "../../../fleet/serving/index.ts";
import type { Context } from "../../../plugin/index.ts";
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
  chooseOnly,
  holdingOf,
  promisedAddresses,
  releaseLater,
  reservationRemoval,
  restoreReservations,
  verifyReservation,
  withReservations,
} from "../../../state/reservations/index.ts";
import { type PluginConfig, parseDir } from "../config.ts";
import type { Given } from "./attempt.ts";
import { outlookOf } from "./ranges.ts";
import { holdingStateOf } from "./standing.ts";
import { take } from "./take.ts";

const removal = reservationRemoval(parseDir);

/** Addresses of a fleet reserved for one attachment, from what this node holds. */
export const reservation: Kind<PluginConfig, Reservation, FileScene> = {
  name: "fleet address",
  want: (scene, config) => new Reservation(scene, config),
  ...removal,

  async stale(scene, garbage) {
    return isShared(scene.ctx) ? [] : await removal.stale(scene, garbage);
  },

  /** What another network of this node has reserved is not among the attachments of this one. */
  async collect(scene, garbage) {
    const { ctx } = scene;
    if (isShared(ctx)) return;
    await removal.collect(scene, garbage);
    if (garbage.valid.length === 0) await removeNoteIfUnused(ctx);
  },
};

/** Whether another network of this node reserves addresses in the same directory. */
function isShared(ctx: Context): boolean {
  const { dataDir, network } = parsePlace(ctx);
  return notedNetworks(ctx.env).networks.some(({ name, cluster: { place } }) => {
    return name !== ctx.network && place.dataDir === dataDir && place.network === network;
  });
}

/** Where no container has an address of the network, this node need not take part in it any more. */
async function removeNoteIfUnused(ctx: Context): Promise<void> {
  const { reservations } = pathsOf(parsePlace(ctx));
  const { env, network, signal } = ctx;
  const isUsed = await withReservations(reservations, { signal }, async ({ names }) => {
    if (names.size > 0) return true;
    removeNote(env, network);
    return false;
  });
  // Without a directory of reservations there are none.
  if (isUsed === undefined) removeNote(env, network);
}

class Reservation implements Piece {
  readonly name: string = reservation.name;
  readonly #ctx: Context;
  readonly #config: PluginConfig;
  readonly #paths: ClusterPaths;
  /** What `apply` reserved, one for each subnet in their order. */
  #given: Given | undefined;

  constructor({ ctx }: FileScene, config: PluginConfig) {
    this.#ctx = ctx;
    this.#config = config;
    this.#paths = pathsOf(config.cluster.place);
  }

  /** For the result. */
  ips(): IpConfig[] {
    return (this.#given?.choices ?? []).map(({ ip, range }) => ({
      address: `${ip}/${range.subnet.length}`,
      gateway: range.gateway.toString(),
    }));
  }

  /** Largest packet to other nodes' containers; undefined where it is not known, or any size. */
  mtu(): number | undefined {
    return this.#config.cluster.overlay.mtu ?? this.#given?.mtu;
  }

  describe(): string {
    const { wishes, sticky } = this.#config;
    const texts = wishes.map(({ subnet, requested }, at) => {
      const ip = this.#given?.choices[at]?.ip ?? requested?.ip;
      if (ip !== undefined) return ip.toString();
      return sticky === undefined ? `one of ${subnet}` : `the one of ${subnet} for ${sticky}`;
    });
    return `${texts.join(", ")}, noted in ${this.#paths.directory}`;
  }

  /** Chooses as `apply` does; what is not at hand is asked of the store then. */
  async compare(): Promise<Standing> {
    const { wishes, sticky: following } = this.#config;
    const picture = readPicture(this.#paths);
    const serving = servable(picture, new BootClock());
    if (!serving.ok) return made();
    const outlook = outlookOf(serving.subnets, wishes, { sticky: picture?.sticky, following });
    if (outlook.needs !== undefined) return made();
    const request = { ...outlook, holding: holdingOf(this.#ctx) };
    this.#given = { choices: await chooseOnly(this.#paths.reservations, request) };
    return made();
  }

  async apply(rollback: Rollback): Promise<void> {
    this.#given = await take(this.#ctx, this.#config);
    const ips = this.#given.choices.map(({ ip }) => ip);
    releaseLater(rollback, this.#paths.reservations, holdingOf(this.#ctx), ips);
    const { env, network } = this.#ctx;
    // A GC that found no reservation may have taken the note away while this waited for one.
    if (!isNoted(env, network)) await noteNetwork(env, this.#ctx, this.#config.cluster);
  }

  /** Compares the addresses of the result that are of the fleet; others are another plugin's. */
  check(): void {
    const expected = this.#expected();
    const holding = holdingOf(this.#ctx);
    verifyReservation(this.#paths.reservations, { plugin: "cluster", holding, expected });
    for (const ip of expected) {
      if (holdingStateOf(this.#paths, this.#ctx, ip) !== "lost") continue;
      throw differs(
        `${ip} is not this node's any more`,
        "the store gave it away, or does not know of it: another container may have it; replace this one",
      );
    }
  }

  /**
   * Reserves the addresses of the result again, where this node still holds them and none has them.
   * @throws CniError that says which one cannot be had, and why
   */
  async restore(): Promise<void> {
    const expected = this.#expected();
    if (expected.length === 0) throw differs("the result has no address of the fleet");
    await restoreReservations(this.#paths.reservations, this.#ctx, expected, () => {
      for (const ip of expected) {
        const state = holdingStateOf(this.#paths, this.#ctx, ip);
        if (state === "held") continue;
        throw differs(
          `${ip} is not this node's to give`,
          `its picture says: ${state ?? "nothing of it"}`,
        );
      }
    });
  }

  async ready(): Promise<void> {
    const { verifyReady } = await import("./ready.ts");
    await verifyReady(this.#ctx, this.#config.cluster);
  }

  #expected(): Ip[] {
    const { subnets } = this.#config.cluster.fleet;
    return promisedAddresses(this.#ctx, (ip) => subnets.some((subnet) => subnet.contains(ip)));
  }
}
