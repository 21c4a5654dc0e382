import { Pace } from "../../base/index.ts";
import { RouteSocket, route } from "../../kernel/route/index.ts";
import { ROUTE_PROTOCOL } from "../../overlay/index.ts";
import { allRules, type NodeView } from "../../view/attachments/index.ts";
import { HostEvents } from "../../view/changes/index.ts";
import { hostWay } from "../../view/host/index.ts";
import { type OnProblem, orProblem } from "../../view/sources/index.ts";

/** A change of an attachment comes with changes of the host: so long it is waited whether it tells of them. */
const CALM_MS = 120;
/** Of an endless burst, so many times what a look costs passes between two. */
const REST = { factor: 4, clock: () => performance.now() };
/** A look that fails is tried again so much later. */
const RETRY_MS = 5000;

/**
 * The host beside its links as readers see it: looked at when something has happened to it, since programs change
 * much of a host that readers see nothing of.
 */
export class HostLook implements Disposable {
  readonly #view: () => NodeView;
  readonly #differs: () => void;
  readonly #events: HostEvents;
  readonly #pace = new Pace(REST);
  #timer: NodeJS.Timeout | undefined;
  /** Of the last look; undefined where a change was sent to readers since. */
  #mark: bigint | undefined;
  #tellings = 0;
  /** Grows with everything that happens to the host. */
  happened = 0;

  /** @param differs is called when there is something else to be seen than before */
  constructor(view: () => NodeView, differs: () => void) {
    this.#view = view;
    this.#differs = differs;
    this.#events = new HostEvents(ROUTE_PROTOCOL, () => this.#happened());
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#events[Symbol.dispose]();
  }

  /** What there is to be seen now, for a comparison with what was seen when the last reader went. */
  get mark(): bigint {
    this.#mark ??= markOf(this.#view());
    return this.#mark;
  }

  /**
   * Readers read everything anew: all that has happened until now is part of what they see.
   * @returns whether something has happened to the host that was not looked at yet
   */
  told(): boolean {
    const wasPending = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#mark = undefined;
    this.#tellings++;
    return wasPending;
  }

  #happened(): void {
    this.happened++;
    this.#timer ??= setTimeout(() => this.#look(), Math.max(CALM_MS, this.#pace.waitMs));
  }

  #look(): void {
    const tellings = this.#tellings;
    const begun = performance.now();
    try {
      this.#events.begin();
      const view = this.#view();
      // The view was joined for this, and its changes were sent while this look was pending.
      if (this.#tellings !== tellings) return;
      this.#timer = undefined;
      const mark = markOf(view);
      const isSame = mark === this.#mark;
      this.#pace.rest(performance.now() - begun);
      if (!isSame) this.#differs();
      this.#mark = mark;
    } catch {
      // A caller that asks for the view hears why.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), RETRY_MS);
    }
  }
}

const QUIET: OnProblem = () => undefined;

/** Of addresses, ways out, masquerading and rules, as the answers have them, and of the routes to other nodes. */
function markOf(view: NodeView): bigint {
  const seen = [
    hostWay(view, QUIET),
    allRules(view.attachments, QUIET),
    orProblem("the kernel's routes", QUIET, () => {
      using socket = RouteSocket.open();
      const routes = route.list(socket, { protocol: ROUTE_PROTOCOL });
      return routes.map(({ dst, gateway, index }) => [String(dst), String(gateway), index]);
    }),
  ];
  return BigInt(Bun.hash(JSON.stringify(seen)));
}
