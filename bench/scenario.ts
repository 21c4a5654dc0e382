import type { Outcome } from "./outcome.ts";
import type { Size } from "./size.ts";

/** What is asked of a run. */
export interface Settings {
  readonly size: Size;
  /** Ids of the contenders wanted; all when absent. */
  readonly rows?: readonly string[] | undefined;
  /** Another checkout, built, to be measured beside this one. */
  readonly against?: string | undefined;
  /** Tells how far it is. */
  readonly say: (text: string) => void;
}

/** One question that the benchmark answers. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What is measured, and how, in a sentence or two. */
  readonly text: string;
  readonly run: (settings: Settings) => Promise<Outcome>;
}
