import { address, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { differs, type Piece, type Rollback, type Scene } from "../../../state/index.ts";
import type { HostNetwork } from "./network.ts";
import { deviceRecords } from "./record.ts";
import { removeRules } from "./release.ts";
import { addRoute, addressSpec, byScope } from "./state.ts";

/**
 * The host's addresses, routes and rules of the device, in the container. DEL and GC remove them with
 * the device itself.
 */
export class NetworkPiece implements Piece {
  readonly name = "host's network";
  readonly #scene: Scene;
  readonly #network: HostNetwork;

  constructor(scene: Scene, network: HostNetwork) {
    this.#scene = scene;
    this.#network = network;
  }

  describe(): string {
    return `${this.#scene.owner.ifName} keeps the addresses, routes and rules it has on the host`;
  }

  /** Addresses and routes go with the device; rules stay in a namespace until they are removed. */
  apply(rollback: Rollback): void {
    const { namespaces, owner } = this.#scene;
    const network = this.#network;
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    if (own === undefined) throw differs(`interface ${owner.ifName} has left the container`);
    const { index, name } = own;
    for (const each of network.addresses) {
      // Another program may have made the host's routes to networks; the container has none such.
      const { flags: _flags, label: _label, lifetimes: _ends, ...spec } = addressSpec(each, index);
      const label = each.family === 4 ? { label: name } : {};
      ignoreExisting(() => address.add(namespaces.container, { ...spec, ...label }));
    }
    for (const each of byScope(network.routes)) addRoute(namespaces.container, { ...each, index });
    const made: rule.RuleSpec[] = [];
    rollback.defer(() => removeRules(namespaces, made));
    for (const each of network.rules(owner.ifName)) {
      // Also when the kernel's answer is lost.
      made.push(each);
      if (!ignoreExisting(() => rule.add(namespaces.container, each))) made.pop();
    }
  }

  /** Addresses and routes are in the result, and are checked with the rest of it. */
  check(): void {
    const { ctx, namespaces, owner } = this.#scene;
    const wanted = deviceRecords(ctx).read(owner)?.rules ?? [];
    if (wanted.length === 0) return;
    const there = rule.list(namespaces.container);
    for (const { from, table, priority } of wanted) {
      const isThere = there.some(
        (each) =>
          each.table === table &&
          each.priority === priority &&
          each.from?.toString() === from?.toString(),
      );
      if (!isThere) throw differs(`the rule from ${from} to table ${table} is missing`);
    }
  }
}

/** False when it existed. */
function ignoreExisting(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!isKernelError(error, Errno.EEXIST)) throw error;
    return false;
  }
}
