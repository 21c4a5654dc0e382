import { link } from "../../kernel/route/index.ts";
import type { Sides } from "../sides/index.ts";
import type { Step } from "../step.ts";
import { lockBridges } from "./lock.ts";

/** Says of a bridge that it goes when nobody uses it. */
export const REMOVABLE_ALIAS = "hawser: removed when unused";

/**
 * Removes a bridge that a plugin has made for its containers alone, and the links of its VLANs'
 * gateways, when no other port is left. Only undoes.
 */
export class UnusedBridgeStep implements Step {
  readonly name = "unused bridge";
  readonly #sides: Sides;
  readonly #bridge: string;

  constructor(sides: Sides, bridge: string) {
    this.#sides = sides;
    this.#bridge = bridge;
  }

  describe(): string {
    return `${this.#bridge} goes with its last port`;
  }

  apply(): undefined {}

  check(): void {}

  async undo(): Promise<void> {
    using _lock = await lockBridges(this.#sides);
    const bridge = link.get(this.#sides.host, { name: this.#bridge });
    if (bridge?.kind !== "bridge" || bridge.alias !== REMOVABLE_ALIAS) return;
    const ports = new Set(
      link.list(this.#sides.host, { master: bridge.index }).map(({ index }) => index),
    );
    const gateways = link
      .list(this.#sides.host, { kind: "veth" })
      .filter(({ name, peerIndex }) => name.includes(".") && ports.has(peerIndex ?? 0));
    if (ports.size > gateways.length) return;
    await this.#sides.deleteLinks([...gateways, bridge].map(({ index }) => index));
  }
}
