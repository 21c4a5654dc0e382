import { Ip } from "../../../addr/index.ts";
import type { Piece, Rollback, Scene } from "../../../state/index.ts";
import {
  AttachmentElements,
  nftables,
  requireNftables,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { ForwardAcceptRule, removeForwardAccept } from "./forward-accept.ts";
import { containerElements, firewallLayout } from "./layout.ts";
import { type Attached, familiesOf, type Part, type Trace } from "./part.ts";

/** Packets from the container, and the answers to them, pass the host. */
export const allowAddresses: Part = {
  want: (scene, attached) => new AllowAddresses(scene, attached),
  remove(scene, trace) {
    elementsOf(scene).remove(wantedBy(trace));
  },
};

/** Removes what bears the attachment's mark: slower than with the addresses of the ADD. */
export function removeMarked(scene: Scene): void {
  elementsOf(scene).remove(undefined);
}

/** The elements of the scene's attachment. */
export function elementsOf({ namespaces, owner }: Scene): AttachmentElements {
  return new AttachmentElements(nftables(namespaces), firewallLayout, owner);
}

class AllowAddresses implements Piece {
  readonly name = "let through";
  readonly #scene: Scene;
  readonly #attached: Attached;

  constructor(scene: Scene, attached: Attached) {
    this.#scene = scene;
    this.#attached = attached;
  }

  describe(): string {
    return this.#attached.addresses.map(String).join(", ");
  }

  async apply(rollback: Rollback): Promise<void> {
    // Last of all: the rule goes when the table is gone again, so when no other attachment has any.
    rollback.defer(async () => await removeForwardAccept(this.#scene));
    rollback.defer(elementsOf(this.#scene).add(wantedBy(this.#attached)));
    await this.#rule().make(familiesOf(this.#attached.addresses));
  }

  async check(): Promise<void> {
    elementsOf(this.#scene).check(wantedBy(this.#attached), {
      what: "firewall",
      element: ({ key }) => Ip.fromBytes(key).toString(),
    });
    await this.#rule().check(familiesOf(this.#attached.addresses));
  }

  ready(): void {
    requireNftables(nftables(this.#scene.namespaces));
  }

  #rule(): ForwardAcceptRule {
    return new ForwardAcceptRule(this.#scene, this.#attached);
  }
}

function wantedBy({ addresses, markBit }: Trace): WantedElement[] {
  return containerElements(addresses, markBit);
}
