import {
  EPOLLIN,
  EPOLLPRI,
  Epoll,
  type Fd,
  hear,
  O_CLOEXEC,
  O_RDONLY,
  open,
  openProcess,
} from "../../kernel/sys/index.ts";

/** More processes are not waited for: each takes a descriptor. */
const PROCESSES_MAX = 1024;
/** The key of the list of mounts; processes have their numbers. */
const MOUNTS = 0;
const MOUNT_LIST = "/proc/self/mountinfo";
const PROCESS = /^\/proc\/(\d{1,10})\//u;

/** What may have become of namespaces. */
export interface NamespaceEndsOptions {
  /** A process has ended by which a namespace was known. */
  readonly ended: () => void;
  /** Something was mounted or unmounted. */
  readonly mounted: () => void;
  /** From now on nothing is heard of what is followed, until it is followed anew. */
  readonly deafened: () => void;
}

/**
 * Hears what may end the way to a namespace and makes no event of a directory: the end of the process in whose
 * directory it is, and a mount that comes or goes.
 */
export class NamespaceEnds implements Disposable {
  readonly #options: NamespaceEndsOptions;
  /** By their numbers. */
  readonly #processes = new Map<number, Fd>();
  #epoll: Epoll | undefined;
  #mounts: Fd | undefined;
  #hearing: Disposable | undefined;

  /** Whether each path that is followed is heard of. */
  hearsAll: boolean = true;

  constructor(options: NamespaceEndsOptions) {
    this.#options = options;
  }

  /** Goes by these paths of living namespaces from now on. */
  follow(paths: readonly string[]): void {
    const pids = new Set<number>();
    let hasMounts = false;
    for (const path of paths) {
      const pid = Number(PROCESS.exec(path)?.[1] ?? 0);
      if (pid === 0) hasMounts = true;
      else pids.add(pid);
    }
    for (const pid of this.#processes.keys()) if (!pids.has(pid)) this.#forget(pid);
    for (const pid of pids) if (!this.#processes.has(pid)) this.#add(pid);
    if (hasMounts && this.#mounts === undefined) this.#addMounts();
    const areMountsHeard = !hasMounts || this.#mounts !== undefined;
    this.hearsAll = areMountsHeard && [...pids].every((pid) => this.#processes.has(pid));
    if (pids.size > 0 || hasMounts) return;
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    for (const pid of this.#processes.keys()) this.#forget(pid);
    this.#mounts?.close();
    this.#mounts = undefined;
    this.#epoll?.[Symbol.dispose]();
    this.#epoll = undefined;
  }

  /** One that cannot be waited for is looked at now and then, as all are. */
  #add(pid: number): void {
    if (this.#processes.size === PROCESSES_MAX) return;
    const fd = openProcess(pid);
    if (fd !== undefined && this.#wait(fd, pid, EPOLLIN)) this.#processes.set(pid, fd);
  }

  #addMounts(): void {
    try {
      const fd = open(MOUNT_LIST, O_RDONLY | O_CLOEXEC);
      if (this.#wait(fd, MOUNTS, EPOLLPRI)) this.#mounts = fd;
    } catch {
      // No descriptor is left: looks now and then remain.
    }
  }

  #wait(fd: Fd, key: number, events: number): boolean {
    try {
      if (this.#epoll === undefined) {
        this.#epoll = new Epoll();
        void this.#hear(this.#epoll);
      }
      this.#epoll.add(fd.number, key, events);
      return true;
    } catch {
      fd.close();
      return false;
    }
  }

  #forget(pid: number): void {
    const fd = this.#processes.get(pid);
    this.#processes.delete(pid);
    if (fd === undefined) return;
    this.#epoll?.remove(fd.number);
    fd.close();
  }

  /**
   * An epoll descriptor is readable when one of its own is ready. The event loop cannot read it, and ends its
   * hearing with that: this is the event. What is ready is asked for behind the next hearing's begin, since
   * the list of mounts tells of a change once.
   */
  async #hear(epoll: Epoll): Promise<void> {
    const ready = (): void => {
      if (this.#epoll === epoll) void this.#hear(epoll);
    };
    try {
      const hearing = await hear(epoll.fd, { datagram: ready, end: ready });
      if (this.#epoll !== epoll) return hearing[Symbol.dispose]();
      this.#hearing = hearing;
      this.#take(epoll);
    } catch {
      // No descriptor is left.
      if (this.#epoll !== epoll) return;
      this[Symbol.dispose]();
      this.hearsAll = false;
      this.#options.deafened();
    }
  }

  #take(epoll: Epoll): void {
    const ended = epoll.wait(0).flatMap(({ key }) => (key === MOUNTS ? [] : [key]));
    for (const pid of ended) this.#forget(pid);
    if (ended.length > 0) this.#options.ended();
    if (this.#mounts !== undefined) this.#options.mounted();
  }
}
