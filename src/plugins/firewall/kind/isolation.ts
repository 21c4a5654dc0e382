import { attributeText } from "../../../kernel/netlink/index.ts";
import { readSysctl } from "../../../kernel/sysctl/index.ts";
import { differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import {
  bySet,
  nftables,
  OwnedElements,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { networkMark } from "../../../state/owner/index.ts";
import type { Firewall } from "./firewall.ts";
import { bridgeElements, firewallLayout, isolationSets } from "./layout.ts";

/** Without it bridged packets pass no rule of IP. */
const BRIDGED = "net/bridge/bridge-nf-call-iptables";

/**
 * Containers behind a bridge are reached by those of no other bridge of the kind, or by no others
 * at all. It is the bridge's property: it stays until the bridge is gone.
 */
export class IsolationStep implements Step {
  readonly name = "ingress policy";
  readonly #firewall: Firewall;
  readonly #elements: OwnedElements;
  readonly #mark: string;

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
    this.#elements = new OwnedElements(nftables(firewall.namespaces), firewallLayout);
    // Begins like no attachment's: GC must not take it for one.
    this.#mark = `#bridge of ${networkMark(firewall.owner.network)}`;
  }

  describe(): string {
    const { bridge, settings } = this.#firewall;
    return `${settings.ingressPolicy}, for all behind ${bridge ?? "their bridge"}`;
  }

  apply(): Revert | undefined {
    const { log, settings } = this.#firewall;
    if (settings.ingressPolicy === "isolated" && !isBridgedFiltered()) {
      log(`firewall: neighbours on one bridge reach each other unless ${BRIDGED} is 1`);
    }
    const absent = this.#wanted().filter((want) => this.#elements.comment(want) === undefined);
    // An earlier ADD of this network may have wanted more.
    const surplus = this.#surplus();
    if (surplus.length > 0) this.#elements.remove(this.#mark, surplus);
    const revert = absent.length > 0 ? this.#elements.add(this.#mark, absent) : undefined;
    if (revert === undefined && surplus.length === 0) return undefined;
    return async () => {
      await revert?.();
      if (surplus.length > 0) this.#elements.add(this.#mark, surplus);
    };
  }

  check(): void {
    const { bridge, settings } = this.#firewall;
    const wanted = this.#wanted();
    const missing = wanted.find((want) => this.#elements.comment(want) === undefined);
    if (missing !== undefined) {
      const { name, family, table } = missing.set;
      const policy = `ingress policy ${settings.ingressPolicy}`;
      throw differs(`${policy}: ${bridge} is missing in ${name} of table ${family} ${table}`);
    }
    const rule = wanted.length === 0 ? undefined : this.#elements.missingRule(wanted);
    if (rule !== undefined) throw differs(`ingress policy: ${rule}`);
  }

  /** Others are behind the bridge, too; when it is gone nobody is. */
  undo(): void {
    const { bridge, namespaces } = this.#firewall;
    if (bridge !== undefined && isGone(namespaces, bridge)) removeGoneBridges(namespaces);
  }

  #wanted(): WantedElement[] {
    const { bridge, settings } = this.#firewall;
    return bridge === undefined ? [] : bridgeElements(bridge, settings.ingressPolicy);
  }

  #surplus(): WantedElement[] {
    const { bridge } = this.#firewall;
    const wanted = new Set(this.#wanted().map(({ set }) => set.name));
    return (bridge === undefined ? [] : bridgeElements(bridge)).filter(
      (each) => !wanted.has(each.set.name) && this.#elements.comment(each) === this.#mark,
    );
  }
}

/** Forgets the ingress policies of bridges that do not exist any more. */
export function removeGoneBridges(namespaces: Namespaces): void {
  const nft = nftables(namespaces);
  const names = new Set(isolationSets.map(({ name }) => name));
  const elements = new OwnedElements(nft, firewallLayout);
  nft.commitPlanned((batch) => {
    const found = elements.search(
      () => true,
      (name) => names.has(name),
    );
    // A key of two names begins with the same one.
    const gone = found.filter(({ element }) => isGone(namespaces, attributeText(element.key)));
    for (const group of bySet(gone)) {
      const [first] = group;
      const keys = group.map(({ element }) => element.key);
      if (first !== undefined) batch.delElements(first.set, keys);
    }
  });
}

export function isGone(namespaces: Namespaces, name: string): boolean {
  return namespaces.hostLinks.get({ name }) === undefined;
}

function isBridgedFiltered(): boolean {
  try {
    return readSysctl(BRIDGED) === "1";
  } catch {
    return false; // the kernel's module is not loaded
  }
}
