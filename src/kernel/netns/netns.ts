import {
  AF_UNIX,
  CLONE_NEWNET,
  type Fd,
  fstat,
  KernelError,
  netnsCookie,
  SOCK_DGRAM,
  setns,
  socket,
} from "../sys/index.ts";
import { openNetns, openThreadNetns } from "./open.ts";
import { visit } from "./visit.ts";

/** What stands behind a `Netns`. */
export interface NetnsHandle {
  readonly fd: Fd;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly cookie: bigint | undefined;
  run<T>(action: () => T): T;
}

/** How namespaces are opened. */
export interface NetnsOpener {
  open(path: string): NetnsHandle;
  current(): NetnsHandle;
}

let opener: NetnsOpener = {
  open: (path) => new KernelNetns(openNetns(path), path),
  current: () => new KernelNetns(openThreadNetns(), ""),
};

/** Tests only: namespaces that are opened until the result is disposed of are another kernel's. */
export function replaceNetns(other: NetnsOpener): Disposable {
  const previous = opener;
  opener = other;
  return {
    [Symbol.dispose](): void {
      opener = previous;
    },
  };
}

/**
 * An open network namespace: it stays alive as long as this is open.
 *
 * @example
 * ```ts
 * import { Netns } from "hawser/netns";
 * import { readdirSync } from "node:fs";
 *
 * using blue = Netns.open("/run/netns/blue");
 * blue.run(() => readdirSync("/proc/thread-self/net/dev_snmp6").includes("lo")); // → true
 * using here = Netns.current();
 * here.same(blue); // → false
 * ```
 */
export class Netns implements Disposable {
  /** The path it was opened by; "" for the thread's own. */
  readonly path: string;
  readonly #handle: NetnsHandle;

  private constructor(handle: NetnsHandle, path: string) {
    this.#handle = handle;
    this.path = path;
  }

  /**
   * Opens a namespace by a path of any shape: /run/netns/blue, /proc/PID/ns/net, /proc/PID/fd/9.
   * @throws NetnsGoneError when nothing is there, NotANetnsError when something else is
   */
  static open(path: string): Netns {
    return new Netns(opener.open(path), path);
  }

  /** The namespace that the calling thread is in now. */
  static current(): Netns {
    return new Netns(opener.current(), "");
  }

  /** The open descriptor, for requests that name a namespace by one (IFLA_NET_NS_FD). */
  get fd(): Fd {
    return this.#handle.fd;
  }

  /**
   * The kernel's number of the namespace (SO_NETNS_COOKIE), which no other one of this boot ever
   * gets; undefined on kernels before 5.14. Asked for in a visit of the namespace, once.
   */
  get cookie(): bigint | undefined {
    return this.#handle.cookie;
  }

  /** Device of the namespace file: with `ino` it identifies the namespace while it lives. */
  get dev(): bigint {
    return this.#handle.dev;
  }

  /** Number of the namespace file; given again to another namespace when this one has ended. */
  get ino(): bigint {
    return this.#handle.ino;
  }

  /** Whether both are the same namespace, however they were opened. */
  same(other: Netns): boolean {
    return this.ino === other.ino && this.dev === other.dev;
  }

  /**
   * Runs `action` with the calling thread inside the namespace and gives what it returned.
   * Synchronous: the thread is back in its previous namespace before `run` returns or throws.
   * @throws KernelError EPERM without CAP_SYS_ADMIN, TypeError when `action` gives a promise
   */
  run<T>(action: () => T): T {
    return this.#handle.run(action);
  }

  /** Closes the descriptor; further calls do nothing. */
  close(): void {
    this.fd.close();
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

/** A namespace of the running kernel. */
class KernelNetns implements NetnsHandle {
  readonly fd: Fd;
  readonly #path: string;
  #identity: { readonly dev: bigint; readonly ino: bigint } | undefined;
  #cookie: { readonly value: bigint | undefined } | undefined;

  constructor(fd: Fd, path: string) {
    this.fd = fd;
    this.#path = path;
  }

  get cookie(): bigint | undefined {
    if (this.#cookie === undefined) {
      using inside = this.run(() => socket(AF_UNIX, SOCK_DGRAM, 0));
      this.#cookie = { value: netnsCookie(inside) };
    }
    return this.#cookie.value;
  }

  get dev(): bigint {
    return this.#status().dev;
  }

  get ino(): bigint {
    return this.#status().ino;
  }

  run<T>(action: () => T): T {
    return visit(() => this.#enter(), action);
  }

  #enter(): void {
    try {
      setns(this.fd, CLONE_NEWNET);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      throw error.during(`enter network namespace ${JSON.stringify(this.#path)}`);
    }
  }

  #status(): { readonly dev: bigint; readonly ino: bigint } {
    this.#identity ??= fstat(this.fd);
    return this.#identity;
  }
}
