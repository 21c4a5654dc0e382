import type { Mac } from "../../../../addr/index.ts";
import type { Nftables } from "../../../../kernel/nftables/index.ts";
import {
  differs,
  type Kind,
  type Piece,
  type Rollback,
  type Scene,
} from "../../../../state/index.ts";
import { nftables, OwnedElements, requireNftables } from "../../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../../state/owner/index.ts";
import { guardElements, macspoofLayout } from "./layout.ts";
import { hasReferenceLayout, missingOfReference, removeReferenceLayout } from "./reference.ts";

/** The port whose frames must bear one source address; known once the links are made. */
export type WantedSourceCheck = () => { readonly name: string; readonly mac: Mac };

/** Frames with a forged source address are dropped where they enter the bridge. */
export const sourceCheck: Kind<WantedSourceCheck> = {
  name: "source check",
  want: (scene, port) => new SourceCheck(scene, port),
  undo({ namespaces, owner }) {
    const nft = nftables(namespaces);
    const { family, table } = macspoofLayout;
    if (nft.getTable(family, table) !== undefined) {
      const mark = ownerComment(owner);
      new OwnedElements(nft, macspoofLayout).removeFound((each) => each === mark);
    }
    removeReferenceLayout(nft, owner);
  },
  collect({ namespaces }, { isStale }) {
    const elements = new OwnedElements(nftables(namespaces), macspoofLayout);
    elements.removeFound(isStale);
    elements.sweep(() => false);
  },
};

class SourceCheck implements Piece {
  readonly name = "source check";
  readonly #scene: Scene;
  readonly #port: WantedSourceCheck;

  constructor(scene: Scene, port: WantedSourceCheck) {
    this.#scene = scene;
    this.#port = port;
  }

  describe(): string {
    return "frames from the container bear its own MAC";
  }

  apply(rollback: Rollback): void {
    const { name, mac } = this.#port();
    const elements = new OwnedElements(this.#nft, macspoofLayout);
    rollback.defer(elements.add(ownerComment(this.#scene.owner), guardElements(name, mac)));
  }

  check(): void {
    const { owner } = this.#scene;
    const { name, mac } = this.#port();
    // Their ADD, our CHECK.
    if (hasReferenceLayout(this.#nft, owner)) {
      const problem = missingOfReference(this.#nft, owner, mac);
      if (problem !== undefined) throw differs(`source check: ${problem}`);
      return;
    }
    const elements = new OwnedElements(this.#nft, macspoofLayout);
    const wanted = guardElements(name, mac);
    const [missing] = elements.missing(ownerComment(owner), wanted);
    if (missing !== undefined) {
      const { name: set, table } = missing.set;
      throw differs(`source check: ${name} is missing in set ${set} of table bridge ${table}`);
    }
    const rule = elements.missingRule(wanted);
    if (rule !== undefined) throw differs(`source check: ${rule}`);
  }

  /** @throws CniError of code 50 when the kernel has no nftables. */
  ready(): void {
    requireNftables(this.#nft);
  }

  get #nft(): Nftables {
    return nftables(this.#scene.namespaces);
  }
}
