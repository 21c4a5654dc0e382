import { sameBytes } from "../../bytes/index.ts";
import type { Batch, Element, Nftables, SetId, SetSpec } from "../../kernel/nftables/index.ts";

/** A table of our own: what stands in it before the first attachment comes. */
export interface Layout {
  readonly family: "inet" | "bridge";
  readonly table: string;
  /** Adds the table, its chains and the rules that need no set of an attachment's. */
  lay(batch: Batch): void;
  /** The key whose element answers where this one has none; undefined where there is no such key. */
  wider?(key: ElementKey): ElementKey | undefined;
  /** Whether a set goes, with its rules, when its last element goes; others go with the table. */
  isTransient?(set: string): boolean;
  /** Whether the elements of a set are no attachment's, so that they keep no table. */
  isShared?(set: string): boolean;
  /** Removes what the table needs elsewhere. Called when it is gone; another may come meanwhile. */
  unlay?(nft: Nftables): void;
}

/** A set or map of a layout, with the rules that look things up in it. */
export interface LaidSet extends SetSpec {
  /** Adds the rules of a set that is made later than the table; nothing when `lay` has them. */
  layRules?(batch: Batch): void;
}

/** Names an element by its set and key, whether there is one or not. */
export interface ElementKey {
  readonly set: SetId;
  readonly key: Uint8Array;
}

/** An element that an attachment wants in a set. */
export interface WantedElement extends ElementKey {
  readonly set: LaidSet;
  readonly data?: Uint8Array;
}

/** An element of the kernel, and where it is. */
export interface FoundElement {
  readonly set: SetId;
  readonly element: Element;
}

export function elementKeyOf({ set, element }: FoundElement): ElementKey {
  return { set, key: element.key };
}

/** The element of a key; undefined without one, or without its set. */
export function getElement(nft: Nftables, { set, key }: ElementKey): Element | undefined {
  return nft.getElement(set.family, set.table, set.name, key);
}

/** Whether one of the keys is this one. */
export function isAmong(keys: readonly ElementKey[], elementKey: ElementKey): boolean {
  return keys.some((each) => isSameKey(each, elementKey));
}

export function isSameKey(one: ElementKey, other: ElementKey): boolean {
  return one.set.name === other.set.name && sameBytes(one.key, other.key);
}

/** Whether an element has the data that are wanted; one of a set has none. */
export function hasData({ data }: Element, wanted: WantedElement): boolean {
  if (wanted.data === undefined) return true;
  return data instanceof Uint8Array && sameBytes(data, wanted.data);
}

/** Elements sorted by the set they belong to. */
export function bySet<T extends Pick<ElementKey, "set">>(
  list: readonly T[],
): { readonly set: T["set"]; readonly all: readonly T[] }[] {
  const groups = [...Map.groupBy(list, ({ set }) => set.name).values()];
  return groups.flatMap((all) => (all[0] === undefined ? [] : [{ set: all[0].set, all }]));
}
