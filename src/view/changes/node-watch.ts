import { Pace } from "../../base/index.ts";
import type { CacheMemory } from "../../runtime/index.ts";
import { type NodeView, viewOfNode } from "../attachments/index.ts";
import type { Places } from "../sources/index.ts";
import { NodeEvents } from "./events.ts";

/** Events that come together are one: so long the view waits for the others of a burst. */
const BURST_MS = 40;
/** Of an endless burst, so many times what a view costs passes between two; not while an ADD takes its steps. */
const REST = { factor: 2, creditMs: 500, clock: () => performance.now() };
/** A view that cannot be joined now is tried again so much later. */
const RETRY_MS = 5000;

/**
 * The view of a node, joined anew when something has happened, and at no other time. While nothing
 * happens it costs next to nothing.
 */
export class NodeWatch implements Disposable {
  readonly #places: Places;
  readonly #seen: (view: NodeView) => void;
  readonly #events: NodeEvents;
  /** Files that have not changed are not read again. */
  readonly #memory: CacheMemory = new Map();
  readonly #pace = new Pace(REST);
  #view: NodeView;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param seen is called with each view but the first */
  constructor(places: Places, seen: (view: NodeView) => void) {
    this.#places = places;
    this.#seen = seen;
    this.#events = new NodeEvents(places, () => this.#happened());
    try {
      this.#view = viewOfNode(places, { memory: this.#memory });
      this.#follow();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** The view as it is now; joined anew where something has happened since. */
  get view(): NodeView {
    if (this.#timer !== undefined) this.#join();
    return this.#view;
  }

  /** Joins the view again after a while, whatever happens. */
  again(ms: number): void {
    if (this.#isOver) return;
    this.#timer ??= setTimeout(() => {
      try {
        this.#join();
      } catch {
        // A caller that asks for the view hears why.
      }
    }, ms);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events[Symbol.dispose]();
  }

  #happened(): void {
    this.again(Math.max(BURST_MS, this.#pace.waitMs));
  }

  /** What came to a directory before it was watched made no event. */
  #follow(): void {
    if (this.#events.follow(this.#view)) this.#happened();
  }

  #join(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const begun = performance.now();
    try {
      this.#view = viewOfNode(this.#places, { memory: this.#memory });
      this.#follow();
    } catch (error) {
      this.again(RETRY_MS);
      throw error;
    }
    this.#pace.rest(performance.now() - begun);
    this.#seen(this.#view);
  }
}
