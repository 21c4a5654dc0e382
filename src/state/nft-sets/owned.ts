import { defined } from "../../base/index.ts";
import {
  type Batch,
  type Element,
  type Nftables,
  NftablesError,
  type SetId,
} from "../../kernel/nftables/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { afterCleanup, type Revert } from "../step.ts";
import {
  bySet,
  type FoundElement,
  type LaidSet,
  type Layout,
  removeSet,
  type WantedElement,
} from "./layout.ts";
import { missingRule } from "./promised.ts";

/** What one `add` made or displaced. */
interface Made {
  table: boolean;
  sets: LaidSet[];
  displaced: FoundElement[];
}

/**
 * Elements of nftables sets and maps that belong to attachments. Each carries its owner's mark as
 * a comment, and nobody but the owner takes it away. All work is one transaction a call; on the
 * usual path, where table and sets exist, it holds nothing but the elements.
 */
export class OwnedElements {
  readonly #nft: Nftables;
  readonly #layout: Layout;

  constructor(nft: Nftables, layout: Layout) {
    this.#nft = nft;
    this.#layout = layout;
  }

  /**
   * Adds the elements. One that a stranger has is taken over: its owner is told to `onTakeover`.
   * The revert removes them, restores what they displaced and removes sets and tables it made.
   */
  add(
    mark: string,
    wanted: readonly WantedElement[],
    onTakeover: (previous: FoundElement) => void = () => undefined,
  ): Revert {
    const made: Made = { table: false, sets: [], displaced: [] };
    try {
      this.#commit(mark, wanted, made);
    } catch (error) {
      // What the kernel refused was not done; when its answer is lost, it may have been.
      if (error instanceof NftablesError) throw error;
      throw afterCleanup(error, () => this.#takeBack(mark, wanted, made));
    }
    for (const displaced of made.displaced) {
      if (displaced.element.comment !== mark) onTakeover(displaced);
    }
    return () => this.#takeBack(mark, wanted, made);
  }

  /** Those of the wanted elements that are not there with this mark and these data. */
  missing(mark: string, wanted: readonly WantedElement[]): WantedElement[] {
    return wanted.filter((want) => {
      const found = this.#get(want);
      return found === undefined || found.comment !== mark || !sameData(found, want);
    });
  }

  /** Who has an element in place of the wanted one, for people; undefined when nobody has. */
  holder(want: WantedElement): string | undefined {
    const mark = this.comment(want);
    return mark === undefined
      ? undefined
      : `the one in its place is of ${mark === "" ? "an unknown owner" : mark}`;
  }

  /** The mark of the element that has this key; "" without one, undefined without an element. */
  comment(want: WantedElement): string | undefined {
    const found = this.#get(want);
    return found === undefined ? undefined : (found.comment ?? "");
  }

  /** What keeps these elements from being looked up, in words; see `missingRule`. */
  missingRule(wanted: readonly WantedElement[]): string | undefined {
    return missingRule(
      this.#nft,
      this.#layout,
      wanted.map(({ set }) => set),
    );
  }

  /** Removes the elements that have these keys and this mark; others stay. */
  remove(mark: string, elements: readonly { set: SetId; key: Uint8Array }[]): void {
    this.#nft.commitPlanned((batch) => {
      for (const group of bySet(elements)) {
        const keys = group
          .filter((each) => this.#get(each)?.comment === mark)
          .map(({ key }) => key);
        const [first] = group;
        if (first !== undefined && keys.length > 0) batch.delElements(first.set, keys);
      }
    });
  }

  /**
   * Looks through all sets for elements whose mark `isMeant`; slower than knowing their keys.
   * `inSet` can leave whole sets out.
   */
  search(
    isMeant: (mark: string) => boolean,
    inSet: (name: string) => boolean = () => true,
  ): FoundElement[] {
    const { family, table } = this.#layout;
    return this.#nft
      .listSets(family, table)
      .filter(({ name }) => inSet(name))
      .flatMap((set) =>
        this.#nft
          .listElements(family, table, set.name)
          .filter(({ comment }) => comment !== undefined && isMeant(comment))
          .map((element) => ({ set, element })),
      );
  }

  /** Removes what `search` finds. */
  removeFound(isMeant: (mark: string) => boolean): void {
    this.#nft.commitPlanned((batch) => {
      for (const group of bySet(this.search(isMeant))) {
        const [first] = group;
        if (first === undefined) continue;
        batch.delElements(
          first.set,
          group.map(({ element }) => element.key),
        );
      }
    });
  }

  /**
   * Removes the table when no set of it has an element any more (unless `keepTable`), else those
   * of the empty sets that are `isSweepable`.
   */
  sweep(isSweepable: (set: string) => boolean, keepTable = false): void {
    const { family, table } = this.#layout;
    this.#nft.commitPlanned((batch) => {
      const sets = this.#nft.listSets(family, table);
      const empty = sets.filter(({ name }) => this.#nft.isSetEmpty(family, table, name));
      if (sets.length === 0 && this.#nft.getTable(family, table) === undefined) return;
      if (!keepTable && empty.length === sets.length) batch.delTable({ family, name: table });
      else
        for (const set of empty.filter(({ name }) => isSweepable(name))) {
          removeSet(this.#nft, batch, set);
        }
    });
  }

  #get({ set, key }: { readonly set: SetId; readonly key: Uint8Array }): Element | undefined {
    return this.#nft.getElement(set.family, set.table, set.name, key);
  }

  #commit(mark: string, wanted: readonly WantedElement[], made: Made): void {
    try {
      this.#nft.commit((batch) => addAll(batch, mark, wanted, { exclusive: true }));
    } catch (error) {
      if (!isKernelError(error, Errno.ENOENT, Errno.EEXIST)) throw error;
      this.#addWithLayout(mark, wanted, made);
    }
  }

  /** The first attachment of a network finds no set, and the first of all not even a table. */
  #addWithLayout(mark: string, wanted: readonly WantedElement[], made: Made): void {
    const { family, table } = this.#layout;
    this.#nft.commitPlanned((batch) => {
      made.table = this.#nft.getTable(family, table) === undefined;
      if (made.table) this.#layout.lay(batch);
      made.sets = [];
      made.displaced = [];
      for (const group of bySet(wanted)) {
        const [first] = group;
        if (first === undefined) continue;
        const isLaid = made.table && first.set.layRules === undefined;
        if (!isLaid && this.#nft.getSet(family, table, first.set.name) === undefined) {
          batch.addSet(first.set);
          first.set.layRules?.(batch);
          made.sets.push(first.set);
        } else this.#displace(batch, group, made);
      }
      addAll(batch, mark, wanted, {});
    });
  }

  #displace(batch: Batch, group: readonly WantedElement[], made: Made): void {
    for (const want of group) {
      const element = this.#get(want);
      if (element === undefined) continue;
      batch.delElements(want.set, [want.key]);
      made.displaced.push({ set: want.set, element });
    }
  }

  #takeBack(mark: string, wanted: readonly WantedElement[], made: Made): void {
    this.remove(mark, wanted);
    if (made.displaced.length > 0) {
      this.#nft.commit((batch) => {
        for (const { set, element } of made.displaced) batch.addElements(set, [element]);
      });
    }
    const names = new Set(made.sets.map(({ name }) => name));
    if (made.table || names.size > 0) this.sweep((name) => names.has(name), !made.table);
  }
}

function addAll(
  batch: Batch,
  mark: string,
  wanted: readonly WantedElement[],
  options: { readonly exclusive?: boolean },
): void {
  for (const group of bySet(wanted)) {
    const [first] = group;
    if (first === undefined) continue;
    batch.addElements(
      first.set,
      group.map(({ key, data }) => ({
        key,
        comment: mark,
        ...defined({ data }),
      })),
      options,
    );
  }
}

function sameData(found: Element, wanted: WantedElement): boolean {
  if (wanted.data === undefined) return true;
  return found.data instanceof Uint8Array && Buffer.from(found.data).equals(wanted.data);
}
