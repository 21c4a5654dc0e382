import { attributeText } from "../../../kernel/netlink/index.ts";
import { readSysctl } from "../../../kernel/sysctl/index.ts";
import { differs, type Piece, type Rollback, type Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import {
  bySet,
  nftables,
  OwnedElements,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { networkMark } from "../../../state/owner/index.ts";
import { bridgeElements, firewallLayout, isolationSets } from "./layout.ts";
import type { Attached, Part } from "./part.ts";

/** Without it bridged packets pass no rule of IP. */
const BRIDGED = "net/bridge/bridge-nf-call-iptables";

/**
 * Containers behind a bridge are reached by those of no other bridge of the kind, or by no others
 * at all. It is the bridge's property: it stays until the bridge is gone.
 */
export const ingressPolicy: Part = {
  want: (scene, attached) => new IngressPolicy(scene, attached),
  remove({ namespaces }, { bridge }) {
    if (bridge !== undefined && isGone(namespaces, bridge)) removeGoneBridges(namespaces);
  },
};

class IngressPolicy implements Piece {
  readonly name = "ingress policy";
  readonly #scene: Scene;
  readonly #attached: Attached;
  readonly #mark: string;

  constructor(scene: Scene, attached: Attached) {
    this.#scene = scene;
    this.#attached = attached;
    // Begins like no attachment's: GC must not take it for one.
    this.#mark = `#bridge of ${networkMark(scene.owner.network)}`;
  }

  describe(): string {
    const { bridge, ingressPolicy: policy } = this.#attached;
    return `${policy}, for all behind ${bridge ?? "their bridge"}`;
  }

  apply(rollback: Rollback): void {
    if (this.#attached.ingressPolicy === "isolated" && !isBridgedFiltered()) {
      const text = `neighbours on one bridge reach each other unless ${BRIDGED} is 1`;
      this.#scene.ctx.log(`firewall: ${text}`);
    }
    const elements = this.#elements();
    const wanted = this.#wanted();
    const absent = wanted.filter((want) => elements.comment(want) === undefined);
    // An earlier ADD of this network may have wanted more.
    const surplus = this.#surplus(wanted);
    if (surplus.length > 0) {
      rollback.defer(() => void elements.add(this.#mark, surplus));
      elements.remove(this.#mark, surplus);
    }
    if (absent.length > 0) rollback.defer(elements.add(this.#mark, absent));
  }

  check(): void {
    const { bridge, ingressPolicy: policy } = this.#attached;
    const wanted = this.#wanted();
    if (wanted.length === 0) return;
    const elements = this.#elements();
    const missing = wanted.find((want) => elements.comment(want) === undefined);
    if (missing !== undefined) {
      const { name, family, table } = missing.set;
      const place = `${name} of table ${family} ${table}`;
      throw differs(`ingress policy ${policy}: ${bridge} is missing in ${place}`);
    }
    const rule = elements.missingRule(wanted);
    if (rule !== undefined) throw differs(`ingress policy: ${rule}`);
  }

  #elements(): OwnedElements {
    return new OwnedElements(nftables(this.#scene.namespaces), firewallLayout);
  }

  #wanted(): WantedElement[] {
    const { bridge, ingressPolicy: policy } = this.#attached;
    return bridge === undefined ? [] : bridgeElements(bridge, policy);
  }

  #surplus(wanted: readonly WantedElement[]): WantedElement[] {
    const { bridge } = this.#attached;
    const elements = this.#elements();
    const names = new Set(wanted.map(({ set }) => set.name));
    return (bridge === undefined ? [] : bridgeElements(bridge)).filter(
      (each) => !names.has(each.set.name) && elements.comment(each) === this.#mark,
    );
  }
}

/** Removes the ingress policies of bridges that do not exist any more. */
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
