import { errorText } from "../../base/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** What `Sides` needs of a plugin's call. */
export interface SidesCall {
  /** The container's namespace as the caller named it. */
  readonly netns: string;
  /** What a long-living process lends. */
  readonly host?: SidesHost | undefined;
}

/** What a long-living process lends to `Sides`. */
export interface SidesHost {
  /** A path that leads this process to the container's namespace, when `netns` does not. */
  readonly netnsPath?: string;
  /** Deletes links of the host, or of the namespace at a path, aside. */
  readonly deleteLinks?: (indexes: readonly number[], netnsPath?: string) => Promise<void>;
}

/**
 * The two namespaces that an attachment joins: the host's, which is the caller's own, and the
 * container's. Sockets into them are opened when first asked for and closed together.
 */
export class Sides implements Disposable {
  readonly #netns: Netns | undefined;
  readonly #lent: SidesHost | undefined;
  #stack = new DisposableStack();
  #hostNetns: Netns | undefined;
  #host: RouteSocket | undefined;
  #container: RouteSocket | undefined;
  #isInside = false;
  #nft: Nftables | undefined;

  private constructor(netns: Netns | undefined, lent: SidesHost | undefined) {
    this.#netns = netns;
    this.#lent = lent;
    if (netns !== undefined) this.#stack.use(netns);
  }

  /**
   * For ADD and CHECK: the container's namespace has to exist.
   * @throws CniError of code 4 that names the path.
   */
  static open({ netns, host }: SidesCall): Sides {
    try {
      return new Sides(Netns.open(host?.netnsPath ?? netns), host);
    } catch (cause) {
      const reason = errorText(cause);
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `failed to open netns ${JSON.stringify(netns)}: ${reason}`,
        { details: "CNI_NETNS must name a network namespace that exists", cause },
      );
    }
  }

  /**
   * For DEL: a namespace that is gone, or no namespace any more, is no reason to stop.
   * @throws CniError of code 11 where the system is short of what opening it takes
   */
  static openIfPresent({ netns, host }: SidesCall): Sides {
    const path = host?.netnsPath ?? netns;
    if (path === "") return new Sides(undefined, host);
    try {
      return new Sides(Netns.open(path), host);
    } catch (error) {
      const known = CniError.from(error);
      if (known.code === ErrorCode.TRY_AGAIN_LATER) throw known;
      return new Sides(undefined, host);
    }
  }

  /** For GC and STATUS, which concern no container. */
  static hostOnly({ host }: Pick<SidesCall, "host"> = {}): Sides {
    return new Sides(undefined, host);
  }

  /** The container's namespace; undefined when it is gone. */
  get netns(): Netns | undefined {
    return this.#netns;
  }

  /** The host's namespace, as the target of links that are made inside the container's. */
  get hostNetns(): Netns {
    this.#hostNetns ??= this.#stack.use(Netns.current());
    return this.#hostNetns;
  }

  get host(): RouteSocket {
    this.#host ??= this.#stack.use(RouteSocket.open());
    return this.#host;
  }

  get nft(): Nftables {
    this.#nft ??= this.#stack.use(Nftables.open());
    return this.#nft;
  }

  /** Only where `netns` is known to be there. */
  get container(): RouteSocket {
    this.#container ??= this.#stack.use(this.inside(() => RouteSocket.open()));
    return this.#container;
  }

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
    return this.#lent?.deleteLinks !== undefined;
  }

  /** Deletes links of the host's namespace; those that are gone already are fine. */
  async deleteLinks(indexes: readonly number[]): Promise<void> {
    if (indexes.length === 0) return;
    if (this.#lent?.deleteLinks !== undefined) return await this.#lent.deleteLinks(indexes);
    for (const index of indexes) this.deleteLink(index);
  }

  /** Deletes a link of the container's namespace; one that is gone already is fine. */
  async deleteLinkInside(index: number): Promise<void> {
    const lent = this.#lent?.deleteLinks;
    if (lent === undefined) this.deleteLinkInsideNow(index);
    else await lent([index], this.#present().path);
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

function deleteNow(socket: RouteSocket, index: number): void {
  try {
    link.delete(socket, index);
  } catch (error) {
    if (!isKernelError(error, Errno.ENODEV)) throw error;
  }
}
