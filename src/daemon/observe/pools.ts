import { field, isObject, type JsonObject } from "../../spec/index.ts";
import type { PoolFill } from "../../view/pools/index.ts";
import { networkOf } from "../attachments/index.ts";

/** Networks that are looked at; of more, those that were heard of last. */
const NETWORKS_MAX = 256;
/** How long an answer serves, in milliseconds: what asks more often has the same. */
const FRESH_MS = 1000;

/**
 * How full the ranges of host-local are, of all networks that calls and notes have named. Nothing is
 * looked at before something asks.
 */
export class Pools {
  /** The last configuration with host-local, by network; the last that was heard of at the end. */
  readonly #configs = new Map<string, JsonObject>();
  #fills: Promise<readonly PoolFill[]> = Promise.resolve([]);
  #askedAt = Number.NEGATIVE_INFINITY;

  /** Remembers a configuration, if host-local hands out its addresses. */
  hear(config: JsonObject | undefined): void {
    const network = networkOf(config);
    const ipam = config === undefined ? undefined : field(config, "ipam");
    if (config === undefined || network === "" || !isObject(ipam)) return;
    if (field(ipam, "type") !== "host-local") return;
    this.#configs.delete(network);
    this.#configs.set(network, config);
    const [oldest = ""] = this.#configs.keys();
    if (this.#configs.size > NETWORKS_MAX) this.#configs.delete(oldest);
  }

  /** Of all networks, in the order of their names. A network whose ranges cannot be read has none. */
  async fills(): Promise<readonly PoolFill[]> {
    const now = performance.now();
    if (now - this.#askedAt > FRESH_MS) {
      this.#askedAt = now;
      this.#fills = this.#look();
    }
    return await this.#fills;
  }

  async #look(): Promise<readonly PoolFill[]> {
    const { poolFills } = await import("../../view/pools/index.ts");
    return await poolFills([...this.#configs].map(([network, config]) => ({ network, config })));
  }
}
