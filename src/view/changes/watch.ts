import { RouteSocket, RTNLGRP_LINK } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { sleep } from "../../state/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";
import { viewOfNode } from "../attachments/index.ts";
import { namesIn, type Places } from "../sources/index.ts";
import { type Change, Changes } from "./changes.ts";

/** How often it is asked whether something has happened; a look at the node costs much more. */
const TICK_MS = 200;
/** What makes no event, such as the end of a process in its namespace, is seen by a look as often. */
const LOOK_MS = 5000;
/** Where `ip netns` and runtimes mount namespaces. */
const NETNS_DIRS = ["/run/netns", "/run/docker/netns"];

/**
 * Changes of this node's attachments as they come, until the signal is aborted. Directories and the
 * kernel's events of links say when to look; the looks are those of `viewOfNode`.
 */
export async function* watchNode(
  places: Places,
  signal: AbortSignal,
): AsyncGenerator<Change, void> {
  using events = new Events(places);
  const look = (): ReturnType<typeof viewOfNode>["attachments"] => viewOfNode(places).attachments;
  const changes = new Changes(look());
  let lookedAt = performance.now();
  while (!signal.aborted) {
    const happened = events.take();
    const age = performance.now() - lookedAt;
    if (happened || age > LOOK_MS || (changes.isPending && age > TICK_MS)) {
      events.follow();
      yield* changes.next(look(), Date.now());
      lookedAt = performance.now();
    }
    await sleep(TICK_MS, signal);
  }
}

/** What tells that something may have changed. */
class Events implements Disposable {
  readonly #places: Places;
  readonly #watches = new Map<string, DirectoryWatch>();
  readonly #links = RouteSocket.open(undefined, [RTNLGRP_LINK]);
  #happened = false;

  constructor(places: Places) {
    this.#places = places;
    this.follow();
  }

  /** Whether anything has happened since the last call. */
  take(): boolean {
    const happened = this.#hearLinks() || this.#happened;
    this.#happened = false;
    return happened;
  }

  /** Watches directories that have come meanwhile, too. */
  follow(): void {
    const { cacheDirs, stateDir, dataDir } = this.#places;
    const networks = this.#networksOf(dataDir);
    const wanted = new Set([
      ...cacheDirs.map((each) => `${each}/results`),
      ...[`${stateDir}/attachments`, `${stateDir}/netns`, dataDir, ...networks],
      ...NETNS_DIRS,
    ]);
    for (const [dir, watch] of this.#watches) {
      if (wanted.has(dir)) continue;
      watch[Symbol.dispose]();
      this.#watches.delete(dir);
    }
    for (const dir of wanted) {
      if (!this.#watches.has(dir)) this.#watches.set(dir, this.#watch(dir));
    }
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches.values()) watch[Symbol.dispose]();
    this.#links.close();
  }

  #networksOf(dataDir: string): string[] {
    try {
      return namesIn(dataDir).map((name) => `${dataDir}/${name}`);
    } catch {
      return []; // the look says why
    }
  }

  /** A directory that is not there may come. */
  #watch(dir: string): DirectoryWatch {
    const changed = (): void => {
      this.#happened = true;
    };
    return new DirectoryWatch(dir, { settleMs: 0, changed, makes: false, lookMs: LOOK_MS });
  }

  /** More events than the socket could hold are an event too. */
  #hearLinks(): boolean {
    try {
      return this.#links.netlink.receive(0).length > 0;
    } catch (error) {
      if (isKernelError(error, Errno.ENOBUFS)) return true;
      throw error;
    }
  }
}
