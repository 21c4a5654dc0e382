import { dirname } from "node:path";
import { RouteEvents, RTNLGRP_LINK } from "../../kernel/route/index.ts";
import { DirectoryEvents } from "../../state/watch/index.ts";
import type { NodeView } from "../attachments/index.ts";
import { namesIn, type Places } from "../sources/index.ts";
import { NamespaceEnds } from "./namespace-ends.ts";
import { NetnsRound } from "./netns-round.ts";

/** What makes no event after all, such as a process that enters another namespace, is looked for so often. */
const RARELY_MS = 600_000;
/** The same where the end of a process cannot be heard. */
const DEAF_NETNS_MS = 30_000;
/** So many files of namespaces are looked at then. */
const NAMESPACES_MAX = 4096;
/** Where something cannot be heard, all is looked at as often. */
const DEAF_MS = 5000;
/** What has begun may have been cut short: time alone tells. */
const UNFINISHED_MS = 30_000;
/** Mounts come in bursts, with each container. */
const MOUNTS_MS = 40;
/** Where `ip netns` and runtimes mount namespaces. */
const NETNS_DIRS = ["/run/netns", "/run/docker/netns"];
/** Directories of processes: they make no events. */
const PROC = /^\/proc\//u;

/**
 * Tells when something of a node may have changed: by events of directories, of the kernel's links, of processes
 * and of mounts. While nothing happens it does nothing but a look every ten minutes.
 */
export class NodeEvents implements Disposable {
  readonly #places: Places;
  readonly #happened: () => void;
  readonly #directories = new Map<string, DirectoryEvents>();
  readonly #links: RouteEvents;
  readonly #ends: NamespaceEnds;
  readonly #round = new NetnsRound();
  #timer: NodeJS.Timeout | undefined;
  #mounted: NodeJS.Timeout | undefined;
  /** Whether all is looked at when the timer is over. */
  #isDue = false;
  #isOver = false;

  constructor(places: Places, happened: () => void) {
    this.#places = places;
    this.#happened = happened;
    this.#links = new RouteEvents({
      groups: [RTNLGRP_LINK],
      heard: happened,
      lost: () => this.#lost(),
    });
    this.#ends = new NamespaceEnds({
      ended: happened,
      mounted: () => this.#onMounts(),
      deafened: () => this.#onDeafened(),
    });
    this.#links.begin();
    for (const dir of this.#fixed()) this.#watch(dir);
  }

  /**
   * Goes by this view from now on: watches its directories, and waits for the ends of its namespaces.
   * @returns whether something may have changed meanwhile without an event
   */
  follow({ attachments, reservations }: NodeView): boolean {
    const isLate = this.#links.begin();
    const paths = new Set(
      attachments.flatMap(({ netns, netnsState }) => (netnsState === "alive" ? [netns] : [])),
    );
    paths.delete("");
    // In this order: what ends before it can be heard of is gone at the look.
    this.#ends.follow([...paths]);
    const isGone = this.#round.follow([...paths]);
    const parents = [...paths].filter((path) => !PROC.test(path)).map((path) => dirname(path));
    const wanted = new Set([
      ...this.#fixed(),
      ...parents,
      ...reservations.map(({ path }) => dirname(path)),
    ]);
    for (const [dir, events] of this.#directories) {
      if (wanted.has(dir)) continue;
      events[Symbol.dispose]();
      this.#directories.delete(dir);
    }
    const missed = [...wanted].filter((dir) => !this.#directories.has(dir));
    const isNew = missed.map((dir) => this.#watch(dir).isThere).includes(true);
    const hasUnfinished = attachments.some(({ state }) => state === "unfinished");
    const rarely = this.#ends.hearsAll ? RARELY_MS : DEAF_NETNS_MS;
    this.#lookIn(hasUnfinished ? UNFINISHED_MS : rarely, hasUnfinished);
    return isLate || isNew || isGone;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#mounted);
    for (const events of this.#directories.values()) events[Symbol.dispose]();
    this.#directories.clear();
    this.#links[Symbol.dispose]();
    this.#ends[Symbol.dispose]();
  }

  /** What is watched whether or not anything is attached. */
  #fixed(): string[] {
    const { cacheDirs, stateDir, dataDir, confDir } = this.#places;
    return [
      ...cacheDirs.map((each) => `${each}/results`),
      ...[`${stateDir}/attachments`, `${stateDir}/netns`, confDir, dataDir],
      ...networksOf(dataDir),
      ...NETNS_DIRS,
    ];
  }

  #watch(dir: string): DirectoryEvents {
    const events = new DirectoryEvents(dir, this.#happened);
    this.#directories.set(dir, events);
    return events;
  }

  /** More links have changed than could be heard of. */
  #lost(): void {
    try {
      this.#links.begin();
    } catch {
      // No descriptor is left: the next view tries again.
    }
    this.#happened();
  }

  /** @param isDue whether all is looked at then, and not only what makes no event */
  #lookIn(ms: number, isDue: boolean): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#isDue = isDue;
    const isDeaf = [...this.#directories.values()].some((events) => events.isDeaf);
    const pause = isDeaf ? DEAF_MS : ms;
    this.#timer = setTimeout(() => {
      for (const events of this.#directories.values()) events.retry();
      if (isDue || isDeaf || this.#hasMoved()) this.#happened();
      else this.#lookIn(ms, isDue);
    }, pause);
  }

  #onMounts(): void {
    this.#mounted ??= setTimeout(() => {
      this.#mounted = undefined;
      if (this.#hasMoved()) this.#happened();
    }, MOUNTS_MS);
  }

  /** What has begun is looked at as often, and with it all. */
  #onDeafened(): void {
    if (!this.#isDue) this.#lookIn(DEAF_NETNS_MS, false);
  }

  #hasMoved(): boolean {
    return this.#round.hasMoved(NAMESPACES_MAX);
  }
}

function networksOf(dataDir: string): string[] {
  try {
    return namesIn(dataDir).map((name) => `${dataDir}/${name}`);
  } catch {
    return []; // the view says why
  }
}
