import type { CacheMemory } from "../../runtime/index.ts";
import { type NodeView, viewOfNode } from "../../view/attachments/index.ts";
import { NodeWatch } from "../../view/changes/index.ts";
import type { Places } from "../../view/sources/index.ts";
import { tooBusy } from "../question/index.ts";
import type { DaemonState } from "../surroundings.ts";
import { changesBetween, type Digest, digestOf, type Unnumbered } from "./digest.ts";
import { eventOf, Feed, isTooMuch, type StreamEvent } from "./feed.ts";
import { HostLook } from "./host-look.ts";

/** A view of the node, and the number that sets it apart from others. */
export interface Look {
  readonly view: NodeView;
  readonly revision: string;
  /** Grows with what happens to the host beside its links; undefined while nothing tells. */
  readonly happened?: number;
}

/** A change is to be seen within 200 ms: questions that come together have one view. */
const FRESH_MS = 100;
const READERS_MAX = 32;
/** So long what was read of files is kept for the next question. */
const KEPT_MS = 10_000;

/** What is held while there are readers of changes, and only then. */
interface Watching {
  readonly watch: NodeWatch;
  readonly host: HostLook;
  /** All that is to be let go. */
  readonly held: DisposableStack;
  digest: Digest;
  /** The latest changes, and the revision before the first of them. */
  kept: readonly StreamEvent[];
  since: string;
}

export interface LooksOptions {
  readonly places: Places;
  readonly daemon: DaemonState;
  /** Whether the first view serves for all questions. */
  readonly isOfOneMoment: boolean;
}

/** The views of one node: joined when asked for, watched while something reads its changes. */
export class Looks implements Disposable {
  readonly #places: Places;
  readonly #daemon: DaemonState;
  readonly #isOfOneMoment: boolean;
  readonly #start: string = crypto.randomUUID().slice(0, 8);
  readonly #readers = new Set<Feed>();
  readonly #memory: CacheMemory = new Map();
  #forgetting: NodeJS.Timeout | undefined;
  #number = 0;
  /** Of the view that the number belongs to. */
  #mark: bigint | undefined;
  #watching: Watching | undefined;
  /** Of the host beside its links, as the last reader of changes has left it. */
  #hostMark: bigint | undefined;
  #recent: Look | undefined;

  constructor({ places, daemon, isOfOneMoment }: LooksOptions) {
    this.#places = places;
    this.#daemon = daemon;
    this.#isOfOneMoment = isOfOneMoment;
  }

  /** The node as it is now. */
  now(): Look {
    if (this.#watching !== undefined) {
      const { watch, host } = this.#watching;
      const { view } = watch;
      return { view, revision: this.#revision, happened: host.happened };
    }
    this.#recent ??= this.#look();
    return this.#recent;
  }

  /**
   * The changes from a revision on, or from now; to be ended by `leave`.
   * @throws Refusal where there are too many readers
   */
  read(from: string | undefined): { readonly feed: Feed; readonly revision: string } {
    if (this.#readers.size === READERS_MAX) {
      throw tooBusy(`${READERS_MAX} readers of changes are connected: no more are taken`);
    }
    // What has happened to the host between the reader's questions and this is not known then.
    const isHostUnknown = this.#watching === undefined && this.#hostMark === undefined;
    const { kept, since } = this.#begin();
    const feed = new Feed();
    this.#readers.add(feed);
    const revision = this.#revision;
    if (from === revision && isHostUnknown) this.#tell([{ kind: "node" }]);
    if (from === undefined || from === revision) return { feed, revision };
    const at = kept.findIndex((change) => change.revision === from);
    const isKnown = at !== -1 || from === since;
    feed.push(isKnown ? kept.slice(at + 1) : [eventOf({ revision, kind: "reset" })]);
    return { feed, revision: isKnown ? from : revision };
  }

  leave(feed: Feed): void {
    feed.end();
    this.#readers.delete(feed);
    if (this.#readers.size > 0) return;
    const watching = this.#watching;
    this.#watching = undefined;
    if (watching === undefined) return;
    using _ = watching.held;
    try {
      this.#hostMark = watching.host.mark;
    } catch {
      // The node cannot be looked at now: the next reader does not know what has happened to the host.
      this.#hostMark = undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const feed of this.#readers) this.leave(feed);
    clearTimeout(this.#forgetting);
    this.#recent = undefined;
  }

  get #revision(): string {
    return `${this.#start}-${this.#number}`;
  }

  #look(): Look {
    const view = viewOfNode(this.#places, { memory: this.#memory });
    this.#arrive(digestOf(view));
    if (this.#isOfOneMoment) return { view, revision: this.#revision };
    setTimeout(() => {
      this.#recent = undefined;
    }, FRESH_MS).unref();
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#memory.clear(), KEPT_MS).unref();
    return { view, revision: this.#revision };
  }

  #begin(): Watching {
    if (this.#watching === undefined) {
      using opening = new DisposableStack();
      const watch = opening.use(new NodeWatch(this.#places, (view) => this.#seen(view)));
      const digest = digestOf(watch.view);
      this.#arrive(digest);
      const other = (): void => this.#tell([{ kind: "node" }]);
      const host = opening.use(new HostLook(() => watch.view, other));
      if (this.#hostMark !== undefined && this.#hostMark !== host.mark) this.#number++;
      opening.use(this.#daemon.follow(other));
      const held = opening.move();
      this.#watching = { watch, host, held, digest, kept: [], since: this.#revision };
    }
    return this.#watching;
  }

  /** The number goes on where a view differs from the one before. */
  #arrive({ whole }: Digest): void {
    if (this.#mark !== undefined && this.#mark !== whole) this.#number++;
    this.#mark = whole;
  }

  #seen(view: NodeView): void {
    const watching = this.#watching;
    if (watching === undefined) return;
    const digest = digestOf(view);
    const found = changesBetween(watching.digest, digest);
    watching.digest = digest;
    this.#mark = digest.whole;
    this.#tell(found);
  }

  #tell(found: readonly Unnumbered[]): void {
    const watching = this.#watching;
    if (watching === undefined || found.length === 0) return;
    // Of an attachment alone readers do not read anew what they show of the host.
    const isMore = watching.host.told() && !found.some(({ kind }) => kind === "node");
    const all: readonly Unnumbered[] = isMore ? [...found, { kind: "node" }] : found;
    const changes = all.map((change) => {
      this.#number++;
      return eventOf({ revision: this.#revision, ...change });
    });
    watching.kept = [...watching.kept, ...changes];
    while (isTooMuch(watching.kept)) this.#forget(watching);
    for (const feed of this.#readers) feed.push(changes);
  }

  /** The older half of what is kept. */
  #forget(watching: Watching): void {
    const { kept } = watching;
    const half = Math.ceil(kept.length / 2);
    watching.since = kept[half - 1]?.revision ?? watching.since;
    watching.kept = kept.slice(half);
  }
}
