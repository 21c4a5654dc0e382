import type { Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { lockBridges } from "./lock.ts";

/** Says of a bridge that it goes when nobody uses it. */
export const REMOVABLE_ALIAS = "hawser: removed when unused";

/**
 * Removes a bridge that a plugin has made for its containers alone, and the links of its VLANs'
 * gateways, when no other port is left. Only undoes.
 */
export class UnusedBridgeStep implements Step {
  readonly name = "unused bridge";
  readonly #namespaces: Namespaces;
  readonly #bridge: string;

  constructor(namespaces: Namespaces, bridge: string) {
    this.#namespaces = namespaces;
    this.#bridge = bridge;
  }

  describe(): string {
    return `${this.#bridge} goes with its last port`;
  }

  apply(): undefined {}

  check(): void {}

  async undo(): Promise<void> {
    using _lock = await lockBridges(this.#namespaces);
    const bridge = this.#namespaces.hostLinks.get({ name: this.#bridge });
    if (bridge?.kind !== "bridge" || bridge.alias !== REMOVABLE_ALIAS) return;
    const ports = new Set(
      this.#namespaces.hostLinks.list({ master: bridge.index }).map(({ index }) => index),
    );
    const gateways = this.#namespaces.hostLinks
      .list({ kind: "veth" })
      .filter(({ name, linkIndex }) => name.includes(".") && ports.has(linkIndex ?? 0));
    if (ports.size > gateways.length) return;
    await this.#namespaces.deleteLinks([...gateways, bridge].map(({ index }) => index));
  }
}
