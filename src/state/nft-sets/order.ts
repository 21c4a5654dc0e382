import type { Element, Nftables } from "../../kernel/nftables/index.ts";
import type { Claims, Conflict } from "./claims.ts";
import {
  type ElementKey,
  elementKeyOf,
  type FoundElement,
  getElement,
  isAmong,
  type Layout,
  type WantedElement,
} from "./layout.ts";
import type { WaitingClaim } from "./waiting.ts";

/** Which attachment comes first where several want a key, or one of a key and one of a wider one. */
export class ClaimOrder {
  readonly #nft: Nftables;
  readonly #layout: Layout;
  readonly #claims: Claims | undefined;

  constructor(nft: Nftables, layout: Layout, claims: Claims | undefined) {
    this.#nft = nft;
    this.#layout = layout;
    this.#claims = claims;
  }

  /** The conflict with the element that has the key; where there is none, with one of a wider key. */
  conflictOf(
    mark: string,
    want: WantedElement,
    element: Element | undefined,
  ): Conflict | undefined {
    if (element !== undefined) {
      return element.comment === mark ? undefined : this.conflict(want, { set: want.set, element });
    }
    const covering = this.#covering(want);
    if (covering === undefined || covering.element.comment === mark) return undefined;
    const conflict = this.conflict(want, covering);
    return conflict.isOwnContainer ? undefined : conflict;
  }

  #covering(elementKey: ElementKey): FoundElement | undefined {
    const wider = this.#layout.wider?.(elementKey);
    const element = wider && getElement(this.#nft, wider);
    return element === undefined ? undefined : { set: wider?.set ?? elementKey.set, element };
  }

  conflict(want: WantedElement, { set, element }: FoundElement): Conflict {
    const holder = element.comment ?? "";
    const waits = this.#claims?.isLiving(holder) === true;
    const isOwnContainer = this.#claims?.isOwnContainer(holder) === true;
    return { want, set, element, holder, waits, isOwnContainer };
  }

  /** The elements of claims whose turn it is when these keys are free and others are about to be. */
  nextOf(free: readonly ElementKey[], going: readonly ElementKey[]): FoundElement[] {
    const next: FoundElement[] = [];
    for (const elementKey of this.#claims?.waited(free) ?? []) {
      for (const turn of this.turns(elementKey, going)) {
        if (!isAmong(next.map(elementKeyOf), elementKeyOf(turn))) next.push(turn);
      }
    }
    return next;
  }

  turns(elementKey: ElementKey, going: readonly ElementKey[]): WaitingClaim[] {
    const covering = this.#covering(elementKey);
    const isCovered = (mark: string): boolean =>
      covering !== undefined &&
      !isAmong(going, elementKeyOf(covering)) &&
      covering.element.comment !== mark &&
      this.#claims?.isLiving(covering.element.comment ?? "") === true;
    const turns = this.#claims?.turns(
      elementKey,
      (narrower) => isAmong(going, narrower) || getElement(this.#nft, narrower) === undefined,
    );
    return turns?.filter(({ mark }) => !isCovered(mark)) ?? [];
  }
}
