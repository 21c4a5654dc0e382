import { Ip } from "../../../addr/index.ts";
import type { Scene } from "../../../state/index.ts";
import {
  AttachmentElements,
  Claims,
  elementText,
  nftables,
  requireNftables,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { ForwardAcceptRule, removeForwardAccept } from "./forward-accept.ts";
import { containerElements, firewallLayout } from "./layout.ts";
import { familiesOf, type Part } from "./part.ts";
import { firewallRecords, readNote } from "./record.ts";

/** Packets from the container, and the answers to them, pass the host. */
export const allowAddresses: Part = {
  want(scene, attached) {
    const { addresses, markBit } = attached;
    return {
      name: "let through",
      describe: () => addresses.map(String).join(", "),

      compare: () => elementsOf(scene).compare(containerElements(addresses, markBit)),

      async apply(rollback) {
        // Last of all: the rule goes with our table, so when no other attachment is let through.
        rollback.defer(async () => await removeForwardAccept(scene));
        rollback.defer(elementsOf(scene).add(containerElements(addresses, markBit)));
        await new ForwardAcceptRule(scene, attached).make(familiesOf(addresses));
      },

      async check() {
        elementsOf(scene).check(containerElements(addresses, markBit), {
          what: "firewall",
          element: ({ key }) => Ip.fromBytes(key).toString(),
        });
        await new ForwardAcceptRule(scene, attached).check(familiesOf(addresses));
      },

      async restore() {
        elementsOf(scene).restore(containerElements(addresses, markBit));
        await new ForwardAcceptRule(scene, attached).make(familiesOf(addresses));
      },

      ready: () => requireNftables(nftables(scene.namespaces)),
    };
  },

  remove(scene, { addresses, markBit }) {
    elementsOf(scene).remove(containerElements(addresses, markBit));
  },

  found: (scene, { addresses, markBit }) => textsOf(scene, containerElements(addresses, markBit)),
};

/** For a plan: what `removeMarked` would remove, in words. */
export function foundMarked(scene: Scene): string[] {
  return textsOf(scene, undefined);
}

function textsOf(scene: Scene, known: readonly WantedElement[] | undefined): string[] {
  const elements = elementsOf(scene);
  return [
    ...elements.found(known).map(elementText),
    ...elements.turns(known).map(({ text }) => text),
  ];
}

/** Removes what bears the attachment's mark: slower than with the addresses of the ADD. */
export function removeMarked(scene: Scene): void {
  elementsOf(scene).remove(undefined);
}

/** The elements of the scene's attachment. */
export function elementsOf(scene: Scene): AttachmentElements {
  const { namespaces, owner } = scene;
  return new AttachmentElements(nftables(namespaces), firewallLayout, owner, claimsOf(scene));
}

/** Two attachments may have one address: the later one waits, and gets the element at its turn. */
export function claimsOf(scene: Scene): Claims {
  return new Claims(scene, {
    layout: firewallLayout,
    records: firewallRecords(scene.ctx),
    recorded(_owner, data) {
      const note = readNote(data);
      return note === undefined ? [] : containerElements(note.addresses, note.markBit);
    },
  });
}
