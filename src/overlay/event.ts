/** What an operator would want to know of an overlay: in a word for programs and a sentence for people. */
export interface OverlayEvent {
  readonly kind: OverlayEventKind;
  readonly text: string;
  readonly isTrouble: boolean;
}

export type OverlayEventKind =
  /** Something of the node or of the store stands in the way; the rest of the overlay is kept all the same. */
  | "overlay-trouble"
  /** A trouble is over. */
  | "overlay-well"
  /** Something of the overlay was gone, and was put back. */
  | "overlay-repaired";
