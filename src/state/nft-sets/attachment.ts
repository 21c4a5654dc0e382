import type { Nftables } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Garbage } from "../kind.ts";
import { foundNote, type OwnerStore, ownerComment, staleNotes } from "../owner/index.ts";
import { changed, type Finding, made, removed, type Standing, stays } from "../standing.ts";
import type { Claims, Conflict } from "./claims.ts";
import { elementText } from "./element-text.ts";
import type { FoundElement, Layout, WantedElement } from "./layout.ts";
import { OwnedElements } from "./owned.ts";
import { restoreElements } from "./restore.ts";

/** How a CHECK says what it misses. */
export interface CheckWords {
  /** What the elements are for, such as "masquerade"; begins every text. */
  readonly what: string;
  /** The missing element for people, without the place where it is missing. */
  readonly element: (missing: WantedElement) => string;
  /** Hears of what waits for its turn, which CHECK takes as it is. */
  readonly onWaiting?: (conflict: Conflict) => void;
}

/** What one attachment has in a layout: elements that bear its mark. */
export class AttachmentElements {
  readonly #nft: Nftables;
  readonly #layout: Layout;
  readonly #elements: OwnedElements;
  readonly #claims: Claims | undefined;
  readonly #mark: string;

  /** Without `claims` the last attachment that wants a key has it; see `OwnedElements`. */
  constructor(nft: Nftables, layout: Layout, owner: Attachment, claims?: Claims) {
    this.#nft = nft;
    this.#layout = layout;
    this.#elements = new OwnedElements(nft, layout, claims);
    this.#claims = claims;
    this.#mark = ownerComment(owner);
  }

  /** See `OwnedElements`. */
  add(wanted: readonly WantedElement[], onConflict?: (conflict: Conflict) => void): () => void {
    if (wanted.length === 0) return () => undefined;
    return this.#elements.add(this.#mark, wanted, onConflict);
  }

  /** What `add` would find taken; changes nothing. */
  conflicts(wanted: readonly WantedElement[]): Conflict[] {
    return this.#elements.conflicts(this.#mark, wanted);
  }

  /** @throws a CHECK's error for the first element, chain or rule that is not as it should be */
  check(wanted: readonly WantedElement[], { what, element, onWaiting }: CheckWords): void {
    if (wanted.length === 0) return;
    const { family, table } = this.#layout;
    const [missing] = this.#elements.missing(this.#mark, wanted, onWaiting);
    if (missing !== undefined) {
      throw differs(
        `${what}: ${element(missing)} is missing in ${missing.set.name} of table ${family} ${table}`,
        this.#elements.holder(missing),
      );
    }
    const rule = this.#elements.missingRule(wanted);
    if (rule === undefined) return;
    throw differs(
      `${what}: ${rule}`,
      `"nft delete table ${family} ${table}" lets the next ADD lay it anew; then add again what was in it`,
    );
  }

  /** Puts back elements that `check` has missed; see `restoreElements`. */
  restore(wanted: readonly WantedElement[]): void {
    const [nft, layout, claims, mark] = [this.#nft, this.#layout, this.#claims, this.#mark];
    restoreElements({ nft, layout, claims, mark }, wanted);
  }

  /**
   * Removes the elements: these, when they are known, else all that bear the mark. Gives those
   * that had to be searched for.
   */
  remove(known: readonly WantedElement[] | undefined): FoundElement[] {
    if (known !== undefined) {
      this.#elements.remove(this.#mark, distinct(known));
      return [];
    }
    const { family, table } = this.#layout;
    const isOwn = (mark: string): boolean => mark === this.#mark;
    this.#claims?.withdraw(isOwn);
    if (this.#nft.getTable(family, table) === undefined) return [];
    const found = this.#elements.search(isOwn);
    if (found.length > 0) this.#elements.removeFound(isOwn);
    return found;
  }

  /** What `remove` would take away, by the same search; touches nothing. */
  found(known: readonly WantedElement[] | undefined): FoundElement[] {
    if (known !== undefined) return this.#elements.present(this.#mark, distinct(known));
    const { family, table } = this.#layout;
    if (this.#nft.getTable(family, table) === undefined) return [];
    return this.#elements.search((mark) => mark === this.#mark);
  }

  /** The turns that the attachment waits for, which `remove` gives up. */
  turns(known: readonly WantedElement[] | undefined): readonly Finding[] {
    return turnsOf(this.#claims, (mark) => mark === this.#mark, known);
  }

  /**
   * How the wanted elements stand to what there is. Of those that others have, the first is named by
   * `conflictText`, unless that has nothing to say of it.
   * @throws the error of an ADD that would refuse to wait
   */
  compare(
    wanted: readonly WantedElement[],
    conflictText: (conflict: Conflict) => string | undefined = waitText,
  ): Standing {
    if (wanted.length === 0) return made();
    const present = this.#elements.present(this.#mark, distinct(wanted));
    const missing = this.#elements.missing(this.#mark, wanted);
    if (missing.length === 0) return stays("it is there already");
    const conflicts = this.conflicts(wanted);
    for (const conflict of conflicts.filter(({ waits }) => waits)) this.#elements.mayWait(conflict);
    const [text] = conflicts.flatMap((conflict) => conflictText(conflict) ?? []);
    if (text !== undefined) return made(text);
    return present.length > 0 ? changed("a part of it is there already") : made();
  }

  /** Whether another attachment has an element of this key, or waits for it. */
  isHeldByOther(want: WantedElement): boolean {
    const holder = this.#elements.comment(want);
    if (holder !== undefined && holder !== this.#mark) return true;
    return this.#claims?.isWaitedByOther(this.#mark, want) === true;
  }
}

/** What GC removes of a layout. */
export interface CollectedElements extends Garbage {
  readonly nft: Nftables;
  readonly layout: Layout;
  readonly records: OwnerStore;
  /** Removes an attachment whose record was found. */
  readonly undo: (owner: Attachment) => Promise<void>;
  /** The right to keys that several want, as for `AttachmentElements`. */
  readonly claims?: Claims;
}

/**
 * Removes what attachments of the network have that are not valid any more: by their records, then
 * by the marks of elements, and at last sets and tables that became empty. Valid attachments that
 * wait for keys without an element get them.
 */
export async function collectElements(collected: CollectedElements): Promise<void> {
  const { nft, layout, records, network, isStale, undo, claims } = collected;
  // Before their holders go: a claim that is not valid any more is not to come to its turn.
  claims?.withdraw(isStale);
  await records.collect(network, isStale, undo);
  const elements = new OwnedElements(nft, layout, claims);
  elements.removeFound(isStale);
  elements.instateWaiting();
  elements.sweepAll();
}

/** For a plan: what `collectElements` would remove: elements, and notes. */
export function staleElements({
  nft,
  layout,
  records,
  network,
  isStale,
  claims,
}: Omit<CollectedElements, "undo">): readonly Finding[] {
  const { family, table } = layout;
  const isLaid = nft.getTable(family, table) !== undefined;
  const found = isLaid ? new OwnedElements(nft, layout).search(isStale) : [];
  return [
    ...found.map(elementFinding),
    ...turnsOf(claims, isStale),
    ...staleNotes(records, network, isStale),
  ];
}

/** For a plan: what `AttachmentElements.remove` would remove, and the note of it. */
export function foundElements(
  elements: AttachmentElements,
  known: readonly WantedElement[] | undefined,
  records: OwnerStore,
  owner: Attachment,
): readonly Finding[] {
  const found = elements.found(known).map(elementFinding);
  return [...found, ...elements.turns(known), ...foundNote(records, owner)];
}

function turnsOf(
  claims: Claims | undefined,
  isMeant: (mark: string) => boolean,
  known?: readonly WantedElement[],
): readonly Finding[] {
  const waiting = claims?.waitingOf(isMeant, known) ?? [];
  return waiting.map((claim) => removed(`turn for ${elementText(claim)}`));
}

function elementFinding(found: FoundElement): Finding {
  return removed(elementText(found));
}

function waitText({ holder, waits }: Conflict): string {
  const whose = holder === "" ? "an unknown owner" : holder;
  return waits ? `${whose} has it: it waits for its turn` : `it is taken over from ${whose}`;
}

function distinct(elements: readonly WantedElement[]): WantedElement[] {
  const key = ({ set, key: bytes }: WantedElement): string =>
    `${set.name} ${Buffer.from(bytes).toString("hex")}`;
  return [...new Map(elements.map((element) => [key(element), element])).values()];
}
