import type { Mac } from "../../../../addr/index.ts";
import { attributeText } from "../../../../kernel/netlink/index.ts";
import { differs, type Kind, kindOf, removed, unproved } from "../../../../state/index.ts";
import type { Namespaces } from "../../../../state/namespaces/index.ts";
import {
  type FoundElement,
  nftables,
  OwnedElements,
  requireNftables,
  restoreElements,
} from "../../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../../state/owner/index.ts";
import { guardElements, macspoofLayout } from "./layout.ts";
import {
  foundReferenceLayout,
  hasReferenceLayout,
  missingOfReference,
  removeReferenceLayout,
} from "./reference.ts";

/** The port whose frames must bear one source address; known once the links are made. */
export type WantedSourceCheck = () => { readonly name: string; readonly mac: Mac };

/** Frames with a forged source address are dropped where they enter the bridge. */
export const sourceCheck: Kind<WantedSourceCheck> = kindOf({
  name: "source check",
  describe: () => "frames from the container bear its own MAC",

  apply({ namespaces, owner }, port, rollback) {
    const { name, mac } = port();
    const elements = new OwnedElements(nftables(namespaces), macspoofLayout);
    rollback.defer(elements.add(ownerComment(owner), guardElements(name, mac)));
  },

  check({ namespaces, owner }, port) {
    const nft = nftables(namespaces);
    const { name, mac } = port();
    // Their ADD, our CHECK.
    if (hasReferenceLayout(nft, owner)) {
      const problem = missingOfReference(nft, owner, mac);
      if (problem !== undefined) throw differs(`source check: ${problem}`);
      return;
    }
    const elements = new OwnedElements(nft, macspoofLayout);
    const wanted = guardElements(name, mac);
    const [missing] = elements.missing(ownerComment(owner), wanted);
    if (missing !== undefined) {
      const { name: set, table } = missing.set;
      throw differs(`source check: ${name} is missing in set ${set} of table bridge ${table}`);
    }
    const rule = elements.missingRule(wanted);
    if (rule !== undefined) throw differs(`source check: ${rule}`);
  },

  restore({ namespaces, owner }, port) {
    const nft = nftables(namespaces);
    if (hasReferenceLayout(nft, owner)) throw unproved("source check");
    const { name, mac } = port();
    const [layout, mark] = [macspoofLayout, ownerComment(owner)];
    restoreElements({ nft, layout, claims: undefined, mark }, guardElements(name, mac));
    try {
      port();
    } catch (error) {
      // A DEL has taken the link away meanwhile.
      new OwnedElements(nft, macspoofLayout).removeFound((each) => each === mark);
      throw error;
    }
  },

  /** @throws CniError of code 50 when the kernel has no nftables. */
  ready: ({ namespaces }) => requireNftables(nftables(namespaces)),

  found({ namespaces, owner }) {
    const nft = nftables(namespaces);
    const { family, table } = macspoofLayout;
    const isLaid = nft.getTable(family, table) !== undefined;
    const mark = ownerComment(owner);
    const own = isLaid ? elementsIn(namespaces).search((each) => each === mark) : [];
    return [...own.map(guardText), ...foundReferenceLayout(nft, owner)].map(removed);
  },

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
    elements.sweepAll();
  },

  stale({ namespaces }, { isStale }) {
    const { family, table } = macspoofLayout;
    if (nftables(namespaces).getTable(family, table) === undefined) return [];
    return elementsIn(namespaces)
      .search(isStale)
      .map((each) => removed(guardText(each)));
  },
});

/** Keys begin with the name of a link, whatever follows. */
function guardText({ set, element }: FoundElement): string {
  return `${attributeText(element.key)} in set ${set.name} of table ${set.family} ${set.table}`;
}

function elementsIn(namespaces: Namespaces): OwnedElements {
  return new OwnedElements(nftables(namespaces), macspoofLayout);
}
