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

/** An open network namespace: it stays alive as long as this is open. */
export class Netns implements Disposable {
  readonly fd: Fd;
  /** The path it was opened by; "" for the thread's own. */
  readonly path: string;
  #identity: { readonly dev: bigint; readonly ino: bigint } | undefined;
  #cookie: { readonly value: bigint | undefined } | undefined;

  private constructor(fd: Fd, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /**
   * Opens a namespace by a path of any shape: /run/netns/blue, /proc/PID/ns/net, /proc/PID/fd/9.
   * Throws NetnsGoneError when nothing is there, NotANetnsError when something else is.
   */
  static open(path: string): Netns {
    return new Netns(openNetns(path), path);
  }

  /** The namespace that the calling thread is in now. */
  static current(): Netns {
    return new Netns(openThreadNetns(), "");
  }

  /**
   * The kernel's number of the namespace (SO_NETNS_COOKIE), which no other one of this boot ever
   * gets; undefined on kernels before 5.14. Asked for in a visit of the namespace, once.
   */
  get cookie(): bigint | undefined {
    if (this.#cookie === undefined) {
      using inside = this.run(() => socket(AF_UNIX, SOCK_DGRAM, 0));
      this.#cookie = { value: netnsCookie(inside) };
    }
    return this.#cookie.value;
  }

  /** Device of the namespace file: with `ino` it identifies the namespace while it lives. */
  get dev(): bigint {
    return this.#status().dev;
  }

  get ino(): bigint {
    return this.#status().ino;
  }

  /** Whether both are the same namespace, however they were opened. */
  same(other: Netns): boolean {
    return this.ino === other.ino && this.dev === other.dev;
  }

  /**
   * Runs `action` with the calling thread inside the namespace and gives what it returned.
   * Synchronous: the thread is back in its previous namespace before `run` returns or throws.
   */
  run<T>(action: () => T): T {
    return visit(() => this.#enter(), action);
  }

  close(): void {
    this.fd.close();
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #enter(): void {
    try {
      setns(this.fd, CLONE_NEWNET);
    } catch (error) {
      if (!(error instanceof KernelError)) {
        throw error;
      }
      throw error.during(`enter network namespace ${JSON.stringify(this.path)}`);
    }
  }

  #status(): { readonly dev: bigint; readonly ino: bigint } {
    this.#identity ??= fstat(this.fd);
    return this.#identity;
  }
}
