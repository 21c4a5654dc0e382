import type { Mac } from "../../../../addr/index.ts";
import type { Attachment } from "../../../../spec/index.ts";
import { differs, type Revert, type Step } from "../../../../state/index.ts";
import type { Namespaces } from "../../../../state/namespaces/index.ts";
import { nftables, OwnedElements } from "../../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../../state/owner/index.ts";
import { guardElements, macspoofLayout } from "./layout.ts";
import { hasReferenceLayout, missingOfReference, removeReferenceLayout } from "./reference.ts";

/** A port whose frames must bear one source address. */
export interface MacspoofGuard {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** The host's end and the container's address; known once the links are made. */
  readonly port: () => { readonly name: string; readonly mac: Mac };
}

/** Frames with a forged source address are dropped where they enter the bridge. */
export class MacspoofStep implements Step {
  readonly name = "source check";
  readonly #guard: MacspoofGuard;

  constructor(guard: MacspoofGuard) {
    this.#guard = guard;
  }

  describe(): string {
    return "frames from the container bear its own MAC";
  }

  apply(): Revert {
    const { namespaces, owner, port } = this.#guard;
    const { name, mac } = port();
    const elements = new OwnedElements(nftables(namespaces), macspoofLayout);
    return elements.add(ownerComment(owner), guardElements(name, mac));
  }

  check(): void {
    const { namespaces, owner, port } = this.#guard;
    const { name, mac } = port();
    // Their ADD, our CHECK.
    if (hasReferenceLayout(nftables(namespaces), owner)) {
      const problem = missingOfReference(nftables(namespaces), owner, mac);
      if (problem !== undefined) throw differs(`source check: ${problem}`);
      return;
    }
    const elements = new OwnedElements(nftables(namespaces), macspoofLayout);
    const wanted = guardElements(name, mac);
    const [missing] = elements.missing(ownerComment(owner), wanted);
    if (missing !== undefined) {
      const { name: set, table } = missing.set;
      throw differs(`source check: ${name} is missing in set ${set} of table bridge ${table}`);
    }
    const rule = elements.missingRule(wanted);
    if (rule !== undefined) throw differs(`source check: ${rule}`);
  }

  /** Our own elements by their mark, and the reference plugins' chains by their names. */
  undo(): void {
    const { namespaces, owner } = this.#guard;
    const { family, table } = macspoofLayout;
    if (nftables(namespaces).getTable(family, table) !== undefined) {
      const mark = ownerComment(owner);
      new OwnedElements(nftables(namespaces), macspoofLayout).removeFound((each) => each === mark);
    }
    removeReferenceLayout(nftables(namespaces), owner);
  }
}
