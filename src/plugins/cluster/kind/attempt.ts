import { type ClusterPaths, pathsOf } from "../../../cluster/config/index.ts";
import { readPicture } from "../../../cluster/reading/index.ts";
import type { Clock, Need, Picture } from "../../../fleet/index.ts";
import { servable } from "../../../fleet/serving/index.ts";
import type { Context } from "../../../plugin/index.ts";
import {
  allocate,
  type Choice,
  exhaustedSet,
  holdingOf,
  type Reservations,
  releaseNamed,
  reserving,
  withReservations,
} from "../../../state/reservations/index.ts";
import type { PluginConfig } from "../config.ts";
import { needsOf, outlookOf } from "./ranges.ts";

/** What an ADD has got. */
export interface Given {
  /** One for each subnet of the fleet, in their order. */
  readonly choices: readonly Choice[];
  /** What the overlay leaves to containers, as the node's daemon has found out. */
  readonly mtu?: number;
}

/** What an ADD has to wait for. */
export interface Missing {
  readonly needs: readonly Need[];
  /** What the picture says of it, in a sentence for people. */
  readonly reason: string | undefined;
  readonly picture: Picture | undefined;
}

/** One look at the picture, and if it serves the container, reservations of what it has. */
export class Attempt {
  readonly #ctx: Context;
  readonly #config: PluginConfig;
  readonly #clock: Clock;
  readonly #paths: ClusterPaths;

  constructor(ctx: Context, config: PluginConfig, clock: Clock) {
    this.#ctx = ctx;
    this.#config = config;
    this.#clock = clock;
    this.#paths = pathsOf(config.cluster.place);
  }

  async make(): Promise<Given | Missing> {
    const { reservations } = this.#paths;
    const { signal } = this.#ctx;
    const found = await withReservations(reservations, { create: true, signal }, async (all) => {
      return await this.#under(all);
    });
    // The directory was made: it is there.
    return found ?? this.#missing(undefined);
  }

  /** The picture is not changed meanwhile: its writer takes the same lock. */
  async #under(all: Reservations): Promise<Given | Missing> {
    const { wishes, sticky: following } = this.#config;
    const picture = readPicture(this.#paths);
    const serving = servable(picture, this.#clock);
    if (!serving.ok) return this.#missing(picture, serving.reason);
    const isOther =
      serving.subnets.length !== wishes.length ||
      serving.subnets.some(({ subnet }, at) => wishes[at]?.subnet.equals(subnet) !== true);
    if (isOther) return this.#missing(picture, "the node's picture is of other subnets");
    const outlook = outlookOf(serving.subnets, wishes, { sticky: picture?.sticky, following });
    if (outlook.needs !== undefined) return this.#missing(picture, picture?.trouble, outlook.needs);
    const { sets, requested } = outlook;
    const holding = holdingOf(this.#ctx);
    if (requested.length < sets.length) await all.prepare();
    let choices: Choice[];
    try {
      choices = allocate(all, { holding, sets, requested }, reserving(all));
    } catch (error) {
      const subnet = exhaustedSet(error);
      if (subnet === undefined) throw error;
      return this.#missing(picture, picture?.trouble, [{ subnet }]);
    }
    // Reserving took time: after it, the store's word may be too old.
    const still = servable(picture, this.#clock);
    if (!still.ok) {
      releaseNamed(
        all,
        holding,
        choices.map(({ ip }) => ip.toString()),
      );
      return this.#missing(picture, still.reason);
    }
    return { choices, ...(picture?.mtu === undefined ? {} : { mtu: picture.mtu }) };
  }

  #missing(
    picture: Picture | undefined,
    reason?: string,
    needs: readonly Need[] = needsOf(this.#config.wishes, this.#config.sticky),
  ): Missing {
    return { needs, reason, picture };
  }
}
