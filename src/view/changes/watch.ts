import { type FSWatcher, watch } from "node:fs";
import { RouteSocket, RTNLGRP_LINK } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import type { CacheMemory } from "../../runtime/index.ts";
import { sleep } from "../../state/index.ts";
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
  const memory: CacheMemory = new Map();
  const look = (): ReturnType<typeof viewOfNode>["attachments"] =>
    viewOfNode(places, { memory }).attachments;
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
  readonly #watchers = new Map<string, FSWatcher>();
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
    for (const dir of [
      ...cacheDirs.map((each) => `${each}/results`),
      ...[`${stateDir}/attachments`, `${stateDir}/netns`, dataDir, ...networks],
      ...NETNS_DIRS,
    ]) {
      if (!this.#watchers.has(dir)) this.#watch(dir);
    }
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#links.close();
  }

  #networksOf(dataDir: string): string[] {
    try {
      return namesIn(dataDir).map((name) => `${dataDir}/${name}`);
    } catch {
      return []; // the look says why
    }
  }

  /** A directory that is not there, or not to be watched, is left to the looks that come anyway. */
  #watch(dir: string): void {
    const forget = (): void => {
      this.#watchers.get(dir)?.close();
      this.#watchers.delete(dir);
    };
    try {
      const watcher = watch(dir, { persistent: false }, (kind, name) => {
        this.#happened = true;
        // The directory itself has gone: one of the same name is another.
        if (kind === "rename" && (name === null || dir.endsWith(`/${name}`))) forget();
      });
      watcher.on("error", forget);
      this.#watchers.set(dir, watcher);
    } catch {
      // It may come.
    }
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
