import { defined } from "../../base/index.ts";
import {
  type Batch,
  type Element,
  type Nftables,
  NftablesError,
} from "../../kernel/nftables/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError } from "../../spec/index.ts";
import type { Claims, Conflict } from "./claims.ts";
import {
  bySet,
  type ElementKey,
  elementKeyOf,
  type FoundElement,
  getElement,
  hasData,
  isAmong,
  isSameKey,
  type LaidSet,
  type Layout,
  type WantedElement,
} from "./layout.ts";
import { ClaimOrder } from "./order.ts";
import { missingRule } from "./promised.ts";
import { sweep } from "./sweep.ts";

/** What one `add` made, displaced or found taken. */
interface Made {
  table: boolean;
  sets: LaidSet[];
  displaced: FoundElement[];
  conflicts: Conflict[];
}

/**
 * Elements of nftables sets and maps that belong to attachments. Each carries its owner's mark as
 * a comment, and only calls of the owner take it away. All work is one transaction a call; on the
 * usual path, where table and sets exist, it holds nothing but the elements.
 *
 * With `claims` the first living attachment that wants a key has it, and others wait: the call that
 * removes its element makes that of the next one in the same transaction. Without them the last one
 * has it, for keys that no other attachment can have a right to, such as names of links.
 */
export class OwnedElements {
  readonly #nft: Nftables;
  readonly #layout: Layout;
  readonly #claims: Claims | undefined;
  readonly #order: ClaimOrder;

  constructor(nft: Nftables, layout: Layout, claims?: Claims) {
    this.#nft = nft;
    this.#layout = layout;
    this.#claims = claims;
    this.#order = new ClaimOrder(nft, layout, claims);
  }

  /**
   * Adds the elements. `onConflict` hears of those whose keys others have, when all is done. What is
   * returned removes them, with the claims that wait, restores what they displaced and removes
   * sets and tables it made.
   * @throws the error of `claims.refuse` where that is given and an element would have to wait
   */
  add(
    mark: string,
    wanted: readonly WantedElement[],
    onConflict: (conflict: Conflict) => void = () => undefined,
  ): () => void {
    const made: Made = { table: false, sets: [], displaced: [], conflicts: [] };
    using cleanup = new DisposableStack();
    cleanup.defer(() => this.#claims?.withdraw((each) => each === mark, wanted));
    try {
      this.#commit(mark, wanted, made);
    } catch (error) {
      // What the kernel refused was not done; when its answer is lost, it may have been.
      const isRefused = error instanceof NftablesError || error instanceof CniError;
      if (!isRefused) cleanup.defer(() => this.#takeBack(mark, wanted, made));
      throw error;
    }
    cleanup.move();
    for (const conflict of made.conflicts) onConflict(conflict);
    return () => this.#takeBack(mark, wanted, made);
  }

  /**
   * Those of the wanted elements that are not there with this mark and these data. One that waits
   * for its turn behind a living attachment's is as ADD has left it: `onWaiting` hears of it.
   */
  missing(
    mark: string,
    wanted: readonly WantedElement[],
    onWaiting: (conflict: Conflict) => void = () => undefined,
  ): WantedElement[] {
    return wanted.filter((want) => {
      const found = this.#get(want);
      if (found?.comment === mark) return !hasData(found, want);
      const conflict = this.#order.conflictOf(mark, want, found);
      if (conflict === undefined || this.#claims?.isWaiting(mark, want) !== true) return true;
      // Without data an element serves all that want it, also those that have not made it.
      if (!conflict.waits && want.data !== undefined) return true;
      onWaiting(conflict);
      return false;
    });
  }

  /** Those of the keys that have an element of this mark. */
  present(mark: string, keys: readonly ElementKey[]): FoundElement[] {
    return keys.flatMap(({ set, key }) => {
      const element = this.#get({ set, key });
      return element?.comment === mark ? [{ set, element }] : [];
    });
  }

  /** @throws the error of `claims.refuse` where an ADD would have to wait and may not */
  mayWait(conflict: Conflict): void {
    const refusal = conflict.isOwnContainer ? undefined : this.#claims?.refuse?.(conflict);
    if (refusal !== undefined) throw refusal;
  }

  /** What `add` would find taken; changes nothing. */
  conflicts(mark: string, wanted: readonly WantedElement[]): Conflict[] {
    return wanted.flatMap((want) => this.#order.conflictOf(mark, want, this.#get(want)) ?? []);
  }

  /** The owner of an element in place of the wanted one, for people; undefined without one. */
  holder(want: ElementKey): string | undefined {
    const mark = this.comment(want);
    return mark === undefined
      ? undefined
      : `the one in its place is of ${mark === "" ? "an unknown owner" : mark}`;
  }

  /** The mark of the element that has this key; "" without one, undefined without an element. */
  comment(want: ElementKey): string | undefined {
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

  /**
   * Removes the elements that have these keys and this mark, and claims that wait; others stay. Sets
   * that became empty go, and the table with the last of them.
   */
  remove(mark: string, keys: readonly ElementKey[]): void {
    this.#claims?.withdraw((each) => each === mark, keys);
    this.#release(() => this.present(mark, keys).map(elementKeyOf));
    this.#sweepAfter(keys);
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

  /** Removes what `search` finds, and claims that wait. */
  removeFound(isMeant: (mark: string) => boolean): void {
    this.#claims?.withdraw(isMeant);
    const released = this.#release(() => this.search(isMeant).map(elementKeyOf));
    // Without an element, a call before this one may have ended between the last element and the table.
    if (released.length > 0) this.#sweepAfter(released);
    else this.sweepAll();
  }

  /** For GC: makes the elements of claims that wait for keys without an element. */
  instateWaiting(): void {
    this.#claims?.removeOutlived();
    this.#instate(this.#claims?.keys() ?? []);
  }

  /** For GC: removes sets and the table as `remove` does, whatever has left them empty. */
  sweepAll(): void {
    sweep(this.#nft, this.#layout, { isSweepable: (set) => this.#isTransient(set) });
  }

  #get(elementKey: ElementKey): Element | undefined {
    return getElement(this.#nft, elementKey);
  }

  #commit(mark: string, wanted: readonly WantedElement[], made: Made): void {
    // Whether a wider key is taken has to be looked at first. And a transaction that fails, for want
    // of a set, takes the kernel more than ten milliseconds.
    if (wanted.some((want) => this.#isNarrow(want)) || this.#lacksSet(wanted)) {
      this.#addPlanned(mark, wanted, made);
      return;
    }
    try {
      const elements = wanted.map((want) => elementOf(mark, want));
      this.#nft.commit((batch) => addAll(batch, elements, { exclusive: true }));
    } catch (error) {
      if (!isKernelError(error, Errno.ENOENT, Errno.EEXIST)) throw error;
      this.#addPlanned(mark, wanted, made);
    }
  }

  #isNarrow(want: WantedElement): boolean {
    return this.#layout.wider?.(want) !== undefined;
  }

  /** One look for each set that may come and go; where there is one, there is all else. */
  #lacksSet(wanted: readonly WantedElement[]): boolean {
    const sets = bySet(wanted).map(({ set }) => set);
    const transient = sets.filter(({ name }) => this.#isTransient(name));
    const looked = transient.length > 0 ? transient : sets.slice(0, 1);
    return looked.some(
      ({ family, table, name }) => this.#nft.getSet(family, table, name) === undefined,
    );
  }

  /** The first attachment of a network finds no set, the first of all no table; keys may be taken. */
  #addPlanned(mark: string, wanted: readonly WantedElement[], made: Made): void {
    const { family, table } = this.#layout;
    let added: FoundElement[] = [];
    this.#nft.commitPlanned((batch) => {
      made.table = this.#nft.getTable(family, table) === undefined;
      if (made.table) this.#layout.lay(batch);
      Object.assign(made, { sets: [], displaced: [], conflicts: [] });
      added = bySet(wanted).flatMap(({ set, all }) => {
        const isLaid = made.table && set.layRules === undefined;
        const isNew = !isLaid && this.#nft.getSet(family, table, set.name) === undefined;
        if (isNew) {
          batch.addSet(set);
          set.layRules?.(batch);
          made.sets.push(set);
        }
        if (isNew || made.table) return all.map((want) => elementOf(mark, want));
        return all.flatMap((want) => this.#claim(batch, mark, want, made));
      });
      addAll(batch, added, {});
    });
    this.#forgetWaiting(added);
  }

  /** The elements to be made: the wanted one, or those of earlier claims; none where it waits. */
  #claim(batch: Batch, mark: string, want: WantedElement, made: Made): FoundElement[] {
    const { set, key } = want;
    const element = this.#get(want);
    const isOwn = element?.comment === mark;
    const conflict = isOwn ? undefined : this.#order.conflictOf(mark, want, element);
    if (conflict?.waits === true) return this.#wait(batch, mark, conflict, made);
    if (element !== undefined) {
      batch.delElements(set, [key]);
      made.displaced.push({ set, element });
    }
    const turns = isOwn ? [] : this.#order.turns(want, [want]).filter((turn) => turn.mark !== mark);
    const next = turns.find((turn) => isSameKey(elementKeyOf(turn), want));
    if (next === undefined) {
      if (conflict !== undefined) made.conflicts.push(conflict);
      return [...turns, elementOf(mark, want)];
    }
    const behind = this.#order.conflict(want, next);
    this.#join(behind);
    made.conflicts.push(behind);
    return turns;
  }

  #wait(batch: Batch, mark: string, conflict: Conflict, made: Made): FoundElement[] {
    this.#join(conflict);
    // A holder that went before it could see the claim leaves the key free.
    if (this.comment(elementKeyOf(conflict)) !== conflict.holder) {
      return this.#claim(batch, mark, conflict.want, made);
    }
    made.conflicts.push(conflict);
    return [];
  }

  #join(conflict: Conflict): void {
    this.mayWait(conflict);
    this.#claims?.join(conflict.want);
  }

  /** One look at a set where it still has elements. */
  #sweepAfter(keys: readonly ElementKey[]): void {
    const names = [...new Set(keys.map(({ set }) => set.name))];
    const transient = names.filter((name) => this.#isTransient(name));
    const { family, table } = this.#layout;
    const looked = transient.length > 0 ? transient : names;
    if (!looked.some((name) => this.#nft.isSetEmpty(family, table, name))) return;
    sweep(this.#nft, this.#layout, { isSweepable: (name) => transient.includes(name) });
  }

  #isTransient(set: string): boolean {
    return this.#layout.isTransient?.(set) === true;
  }

  /**
   * Deletes elements and makes, in the same transaction, those that displaced or waiting claims want.
   * Gives the keys of the deleted ones.
   */
  #release(
    find: () => readonly ElementKey[],
    displaced: readonly FoundElement[] = [],
  ): readonly ElementKey[] {
    let keys: readonly ElementKey[] = [];
    let next: FoundElement[] = [];
    this.#nft.commitPlanned((batch) => {
      keys = find();
      for (const { set, all } of bySet(keys)) {
        const keys = all.map(({ key }) => key);
        batch.delElements(set, keys);
      }
      const back = displaced.filter((each) => isAmong(keys, elementKeyOf(each)));
      const living = back.filter(({ element }) => this.#mayReturn(element)).map(elementKeyOf);
      const free = keys.filter((elementKey) => !isAmong(living, elementKey));
      next = this.#order.nextOf(free, keys);
      const given = next.map(elementKeyOf);
      addAll(batch, [...back.filter((each) => !isAmong(given, elementKeyOf(each))), ...next], {});
    });
    this.#forgetWaiting(next);
    // Sees each claim that was noted after the first look and whose ADD still saw the old holder.
    this.#instate(keys);
    return keys;
  }

  /** Of an element that a failed ADD displaced: whether it comes before claims that wait. */
  #mayReturn({ comment = "" }: Element): boolean {
    return this.#claims === undefined || this.#claims.isLiving(comment);
  }

  #instate(keys: readonly ElementKey[]): void {
    if (this.#claims === undefined || this.#claims.waited(keys).length === 0) return;
    let next: FoundElement[] = [];
    this.#nft.commitPlanned((batch) => {
      const free = keys.filter(
        ({ set, key }) =>
          this.#nft.getSet(set.family, set.table, set.name) !== undefined &&
          this.#get({ set, key }) === undefined,
      );
      next = this.#order.nextOf(free, []);
      addAll(batch, next, {});
    });
    this.#forgetWaiting(next);
  }

  #forgetWaiting(instated: readonly FoundElement[]): void {
    const keys = instated.map((each) => ({ ...elementKeyOf(each), mark: each.element.comment }));
    for (const elementKey of this.#claims?.waited(keys) ?? []) {
      this.#claims?.withdraw((mark) => mark === elementKey.mark, [elementKey]);
    }
  }

  #takeBack(mark: string, wanted: readonly WantedElement[], made: Made): void {
    this.#claims?.withdraw((each) => each === mark, wanted);
    const isOwn = (elementKey: ElementKey): boolean => this.#get(elementKey)?.comment === mark;
    this.#release(() => wanted.filter(isOwn), made.displaced);
    const names = new Set(made.sets.map(({ name }) => name));
    if (!made.table && names.size === 0) return;
    const isSweepable = (name: string): boolean => names.has(name);
    sweep(this.#nft, this.#layout, { isSweepable, keepTable: !made.table });
  }
}

function elementOf(mark: string, { set, key, data }: WantedElement): FoundElement {
  return { set, element: { key, comment: mark, ...defined({ data }) } };
}

function addAll(
  batch: Batch,
  list: readonly FoundElement[],
  options: { readonly exclusive?: boolean },
): void {
  for (const { set, all } of bySet(list)) {
    const elements = all.map(({ element }) => element);
    batch.addElements(set, elements, options);
  }
}
