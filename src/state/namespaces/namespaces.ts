import { errorText } from "../../base/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** What `Namespaces` needs of a plugin's call. */
export interface NamespacesCall {
  /** The container's namespace as the caller named it. */
  readonly netns: string;
  /** Present when a long-living process runs the plugin. */
  readonly daemonServices?: DaemonServices | undefined;
}

/** Services of the process that runs the plugin, when that process is the daemon. */
export interface DaemonServices {
  /** A path that leads this process to the container's namespace, when `netns` does not. */
  readonly netnsPath?: string;
  /** Deletes links on another thread; in the host's namespace unless `netnsPath` names another. */
  readonly deleteLinks?: (indexes: readonly number[], netnsPath?: string) => Promise<void>;
}

/**
 * The two namespaces that an attachment joins: the host's, which is the caller's own, and the
 * container's. Sockets into them are opened when first asked for and closed together.
 */
export class Namespaces implements Disposable {
  readonly #netns: Netns | undefined;
  readonly #services: DaemonServices | undefined;
  readonly #stack = new DisposableStack();
  readonly #resources = new Map<unknown, Disposable>();
  #isInside = false;

  private constructor(netns: Netns | undefined, services: DaemonServices | undefined) {
    this.#netns = netns;
    this.#services = services;
    if (netns !== undefined) this.#stack.use(netns);
  }

  /**
   * For ADD and CHECK: the container's namespace has to exist.
   * @throws CniError of code 4 that names the path.
   */
  static open({ netns, daemonServices }: NamespacesCall): Namespaces {
    try {
      return new Namespaces(Netns.open(daemonServices?.netnsPath ?? netns), daemonServices);
    } catch (cause) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `failed to open netns ${JSON.stringify(netns)}: ${errorText(cause)}`,
        { details: "CNI_NETNS must name a network namespace that exists", cause },
      );
    }
  }

  /**
   * For DEL: a namespace that is gone, or no namespace any more, is no reason to stop.
   * @throws CniError of code 11 where the system is short of what opening it takes
   */
  static openIfPresent({ netns, daemonServices }: NamespacesCall): Namespaces {
    const path = daemonServices?.netnsPath ?? netns;
    if (path === "") return new Namespaces(undefined, daemonServices);
    try {
      return new Namespaces(Netns.open(path), daemonServices);
    } catch (error) {
      const known = CniError.from(error);
      if (known.code === ErrorCode.TRY_AGAIN_LATER) throw known;
      return new Namespaces(undefined, daemonServices);
    }
  }

  /** For GC, STATUS and `plan`, which concern no container. Opens nothing. */
  static hostOnly({ daemonServices }: Pick<NamespacesCall, "daemonServices"> = {}): Namespaces {
    return new Namespaces(undefined, daemonServices);
  }

  /** The container's namespace; undefined when it is gone. */
  get netns(): Netns | undefined {
    return this.#netns;
  }

  /** The host's namespace, as the target of links that are made inside the container's. */
  get hostNetns(): Netns {
    return this.resource(openHostNetns);
  }

  get host(): RouteSocket {
    return this.resource(openHost);
  }

  /** Opened by `open` when it is first asked for, the same one afterwards, and closed with the rest. */
  resource<T extends Disposable>(open: () => T): T {
    const known = this.#resources.get(open) as T | undefined;
    if (known !== undefined) return known;
    const opened = this.#stack.use(open());
    this.#resources.set(open, opened);
    return opened;
  }

  /** Only where `netns` is known to be there. */
  get container(): RouteSocket {
    return this.resource(this.#openInside);
  }

  readonly #openInside = (): RouteSocket => this.inside(() => RouteSocket.open());

  /**
   * Does something, such as setting several sysctls, in one visit of the container's namespace;
   * what is done inside of it is part of the same visit.
   */
  inside<T>(action: () => T): T {
    if (this.#isInside) return action();
    return this.#present().run(() => {
      this.#isInside = true;
      try {
        return action();
      } finally {
        this.#isInside = false;
      }
    });
  }

  /** Whether {@link deleteLinks} leaves this process free for other work until it is done. */
  get deletesAside(): boolean {
    return this.#services?.deleteLinks !== undefined;
  }

  /** Deletes links of the host's namespace; those that are gone already are fine. */
  async deleteLinks(indexes: readonly number[]): Promise<void> {
    if (indexes.length === 0) return;
    if (this.#services?.deleteLinks !== undefined) return await this.#services.deleteLinks(indexes);
    for (const index of indexes) this.deleteLink(index);
  }

  /** Deletes a link of the container's namespace; one that is gone already is fine. */
  async deleteLinkInside(index: number): Promise<void> {
    const deleteLinks = this.#services?.deleteLinks;
    if (deleteLinks === undefined) this.deleteLinkInsideNow(index);
    else await deleteLinks([index], this.#present().path);
  }

  /** Deletes a link of the host's namespace at once; one that is gone already is fine. */
  deleteLink(index: number): void {
    deleteNow(this.host, index);
  }

  /** Deletes a link of the container's namespace at once; one that is gone already is fine. */
  deleteLinkInsideNow(index: number): void {
    deleteNow(this.container, index);
  }

  #present(): Netns {
    if (this.#netns !== undefined) return this.#netns;
    throw new CniError(ErrorCode.INVALID_NETNS, "the container's network namespace is gone");
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function openHostNetns(): Netns {
  return Netns.current();
}

function openHost(): RouteSocket {
  return RouteSocket.open();
}

function deleteNow(socket: RouteSocket, index: number): void {
  try {
    link.delete(socket, index);
  } catch (error) {
    if (!isKernelError(error, Errno.ENODEV)) throw error;
  }
}
