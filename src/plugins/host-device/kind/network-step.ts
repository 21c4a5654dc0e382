import { address, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { HostNetwork } from "./network.ts";
import type { DeviceRecords } from "./record.ts";
import { removeRules } from "./release.ts";
import { addRoute, addressSpec, byScope } from "./state.ts";

/** Whose device keeps what the host had configured on it. */
export interface NetworkConfig {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly network: HostNetwork;
  readonly records: DeviceRecords;
}

/** The host's addresses, routes and rules of the device, in the container. */
export class NetworkStep implements Step {
  readonly name = "host's network";
  readonly #config: NetworkConfig;

  constructor(config: NetworkConfig) {
    this.#config = config;
  }

  describe(): string {
    return `${this.#config.owner.ifName} keeps the addresses, routes and rules it has on the host`;
  }

  /** Addresses and routes go with the device; rules stay in a namespace until they are removed. */
  apply(): Revert {
    const { namespaces, owner, network } = this.#config;
    const own = namespaces.containerLinks.get({ name: owner.ifName });
    if (own === undefined) throw differs(`interface ${owner.ifName} has left the container`);
    const { index, name } = own;
    for (const each of network.addresses) {
      // Where somebody else adds the routes to networks, there is nobody in the container to do it.
      const { flags: _flags, label: _label, lifetimes: _ends, ...spec } = addressSpec(each, index);
      const label = each.family === 4 ? { label: name } : {};
      ignoreExisting(() => address.add(namespaces.container, { ...spec, ...label }));
    }
    for (const each of byScope(network.routes)) {
      addRoute(namespaces.container, { ...each, index });
    }
    const made: rule.RuleSpec[] = [];
    const revert = (): void => removeRules(namespaces, made);
    try {
      for (const each of network.rules(owner.ifName)) {
        // Also when the kernel's answer is lost.
        made.push(each);
        if (!ignoreExisting(() => rule.add(namespaces.container, each))) made.pop();
      }
    } catch (error) {
      throw afterCleanup(error, revert);
    }
    return revert;
  }

  /** Addresses and routes are in the result, and are checked with the rest of it. */
  check(): void {
    const { namespaces, owner, records } = this.#config;
    const wanted = records.read(owner)?.rules ?? [];
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

  /** The device's own removal takes its rules away too. */
  undo(): void {}
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
