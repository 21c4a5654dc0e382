import { existsSync, type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { link } from "../../kernel/route/index.ts";
import type { NodeView } from "../attachments/index.ts";
import { namesIn, type Places } from "../sources/index.ts";
import { NetnsRound } from "./netns-round.ts";

/** How often it is looked for what makes no event. */
const TICK_MS = 2000;
/** So many namespaces are looked at each time of those of processes, which end without an event. */
const OF_PROCESSES = 128;
/** And so many of those whose directory is watched: a mount on it, or one taken away, makes no event there. */
const OF_DIRECTORIES = 16;
/** Where a directory cannot be watched, all is looked at as often. */
const BLIND_MS = 5000;
/** What has begun may have been cut short: time alone tells. */
const UNFINISHED_MS = 30_000;
/** Where `ip netns` and runtimes mount namespaces. */
const NETNS_DIRS = ["/run/netns", "/run/docker/netns"];
/** Directories of processes: they make no events. */
const PROC = /^\/proc\//u;

/**
 * Tells when something of a node may have changed: by events of directories and of the kernel's links,
 * and for what makes none, such as a namespace that ends, by a look at its file. A directory that is not
 * there is no reason to look at everything now and then: most nodes lack some of the usual ones.
 */
export class NodeEvents implements Disposable {
  readonly #places: Places;
  readonly #happened: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #links: link.LinkEvents;
  readonly #timer: NodeJS.Timeout;
  readonly #ofProcesses = new NetnsRound();
  readonly #ofDirectories = new NetnsRound();
  /** Directories that are not there, or cannot be watched. */
  #unwatched: readonly string[] = [];
  #isBlind = false;
  #hasUnfinished = false;
  #lookedAt = performance.now();

  constructor(places: Places, happened: () => void) {
    this.#places = places;
    this.#happened = happened;
    this.#links = new link.LinkEvents({ heard: happened });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#links.begin();
    for (const dir of this.#fixed()) this.#watch(dir);
  }

  /**
   * Goes by this view from now on: watches its directories, and looks at its namespaces.
   * @returns whether something may have changed meanwhile without an event
   */
  follow({ attachments, reservations }: NodeView): boolean {
    this.#lookedAt = performance.now();
    const isLate = this.#links.begin();
    const paths = new Set(
      attachments.flatMap(({ netns, netnsState }) => (netnsState === "alive" ? [netns] : [])),
    );
    paths.delete("");
    this.#hasUnfinished = attachments.some(({ state }) => state === "unfinished");
    const ofProcesses = [...paths].filter((path) => PROC.test(path));
    const ofDirectories = [...paths].filter((path) => !PROC.test(path));
    this.#ofProcesses.follow(ofProcesses);
    this.#ofDirectories.follow(ofDirectories);
    const parents = ofDirectories.map((path) => dirname(path));
    const wanted = new Set([
      ...this.#fixed(),
      ...parents,
      ...reservations.map(({ path }) => dirname(path)),
    ]);
    for (const dir of this.#watchers.keys()) if (!wanted.has(dir)) this.#forget(dir);
    const missed = [...wanted].filter((dir) => !this.#watchers.has(dir));
    this.#unwatched = missed.filter((dir) => !this.#watch(dir));
    this.#isBlind = this.#unwatched.some((dir) => existsSync(dir));
    return isLate || this.#unwatched.length < missed.length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const dir of this.#watchers.keys()) this.#forget(dir);
    this.#links[Symbol.dispose]();
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

  /** A directory that is not there, or not to be watched, is looked for by the ticks. */
  #watch(dir: string): boolean {
    const lose = (): void => {
      this.#forget(dir);
      this.#unwatched = [...this.#unwatched, dir];
    };
    try {
      const watcher = watch(dir, { persistent: false }, (kind, name) => {
        // The directory itself has gone: one of the same name is another.
        if (kind === "rename" && (name === null || dir.endsWith(`/${name}`))) lose();
        this.#happened();
      });
      watcher.on("error", lose);
      this.#watchers.set(dir, watcher);
      return true;
    } catch {
      return false;
    }
  }

  #forget(dir: string): void {
    this.#watchers.get(dir)?.close();
    this.#watchers.delete(dir);
  }

  #tick(): void {
    const age = performance.now() - this.#lookedAt;
    const isDue = (this.#isBlind && age > BLIND_MS) || (this.#hasUnfinished && age > UNFINISHED_MS);
    if (isDue || this.#isDeaf() || this.#hasCome() || this.#hasMoved()) this.#happened();
  }

  /** Whether events of links may have been lost. */
  #isDeaf(): boolean {
    try {
      return this.#links.begin();
    } catch {
      return false; // no socket is left: the next tick tries again
    }
  }

  #hasCome(): boolean {
    return !this.#isBlind && this.#unwatched.some((dir) => existsSync(dir));
  }

  #hasMoved(): boolean {
    const [one, other] = [
      this.#ofProcesses.hasMoved(OF_PROCESSES),
      this.#ofDirectories.hasMoved(OF_DIRECTORIES),
    ];
    return one || other;
  }
}

function networksOf(dataDir: string): string[] {
  try {
    return namesIn(dataDir).map((name) => `${dataDir}/${name}`);
  } catch {
    return []; // the view says why
  }
}
