import { Netns } from "../../kernel/netns/index.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import { RouteSocket } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/**
 * The two namespaces that an attachment joins: the host's, which is the caller's own, and the
 * container's. Sockets into them are opened when first asked for and closed together.
 */
export class Sides implements Disposable {
  readonly #netns: Netns | undefined;
  #stack = new DisposableStack();
  #hostNetns: Netns | undefined;
  #host: RouteSocket | undefined;
  #container: RouteSocket | undefined;
  #nft: Nftables | undefined;

  private constructor(netns: Netns | undefined) {
    this.#netns = netns;
    if (netns !== undefined) this.#stack.use(netns);
  }

  /**
   * For ADD and CHECK: the container's namespace has to exist.
   * @throws CniError of code 4 that names the path.
   */
  static open(path: string): Sides {
    try {
      return new Sides(Netns.open(path));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `failed to open netns ${JSON.stringify(path)}: ${reason}`,
        { details: "CNI_NETNS must name a network namespace that exists", cause },
      );
    }
  }

  /**
   * For DEL: a namespace that is gone, or no namespace any more, is no reason to stop.
   * @throws CniError of code 11 where the system is short of what opening it takes
   */
  static openIfPresent(path: string): Sides {
    if (path === "") return new Sides(undefined);
    try {
      return new Sides(Netns.open(path));
    } catch (error) {
      const known = CniError.from(error);
      if (known.code === ErrorCode.TRY_AGAIN_LATER) throw known;
      return new Sides(undefined);
    }
  }

  /** For GC and STATUS, which concern no container. */
  static hostOnly(): Sides {
    return new Sides(undefined);
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
    if (this.#netns === undefined) {
      throw new CniError(ErrorCode.INVALID_NETNS, "the container's network namespace is gone");
    }
    this.#container ??= this.#stack.use(RouteSocket.open(this.#netns));
    return this.#container;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}
