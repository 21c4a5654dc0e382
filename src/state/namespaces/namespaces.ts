import { errorText } from "../../base/index.ts";
import { openToLook } from "../../kernel/netlink/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { RouteSocket } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { Links } from "./links.ts";

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
  readonly #services: DaemonServices | undefined;
  readonly #open: () => Netns | undefined;
  readonly #stack = new DisposableStack();
  readonly #resources = new Map<unknown, Disposable>();
  #netns: { readonly opened: Netns | undefined } | undefined;
  #isInside = false;
  #keepsView = false;
  #looksOnly = false;
  /** The links of the host's namespace. */
  readonly hostLinks: Links = new Links(
    () => this.host,
    () => this.#keepsView,
  );
  /** The links of the container's namespace; only where `netns` is known to be there. */
  readonly containerLinks: Links = new Links(
    () => this.container,
    () => this.#keepsView,
  );

  private constructor(services: DaemonServices | undefined, open: () => Netns | undefined) {
    this.#services = services;
    this.#open = open;
  }

  /**
   * For ADD and CHECK: the container's namespace has to exist. It is opened when first asked for,
   * which throws a CniError of code 4 that names the path where there is none.
   */
  static of({ netns, daemonServices }: NamespacesCall): Namespaces {
    return new Namespaces(daemonServices, () => openOrExplain(netns, daemonServices));
  }

  /**
   * As `Namespaces.of`, opened at once.
   * @throws CniError of code 4 that names the path.
   */
  static open(call: NamespacesCall): Namespaces {
    const namespaces = Namespaces.of(call);
    void namespaces.netns;
    return namespaces;
  }

  /**
   * For DEL: a namespace that is gone, or that is proved to be another than that of the ADD, is as
   * none. It is opened when first asked for, which throws a CniError of code 11 where the system is
   * short of what that takes.
   */
  static ofDel(
    { netns, daemonServices }: NamespacesCall,
    isOfAdd: (netns: Netns) => boolean,
  ): Namespaces {
    const path = daemonServices?.netnsPath ?? netns;
    return new Namespaces(daemonServices, () => {
      const opened = path === "" ? undefined : openIfThere(path);
      if (opened === undefined || isOfAdd(opened)) return opened;
      opened.close();
      return undefined;
    });
  }

  /** For GC, STATUS and plans in words, which concern no container. Opens nothing. */
  static hostOnly({ daemonServices }: Pick<NamespacesCall, "daemonServices"> = {}): Namespaces {
    return new Namespaces(daemonServices, () => undefined);
  }

  /** The container's namespace; undefined when there is none for this call. */
  get netns(): Netns | undefined {
    if (this.#netns === undefined) {
      const opened = this.#open();
      if (opened !== undefined) this.#stack.use(opened);
      this.#netns = { opened };
    }
    return this.#netns.opened;
  }

  /** The host's namespace, as the target of links that are made inside the container's. */
  get hostNetns(): Netns {
    return this.resource(openHostNetns);
  }

  /** A conversation with rtnetlink of the host, opened when it is first asked for. */
  get host(): RouteSocket {
    return this.resource(openHost);
  }

  /** For operations that look more than they change: each link is asked for once; see `Links`. */
  keepView(): this {
    this.#keepsView = true;
    return this;
  }

  /** For a plan: nothing can be changed by the sockets that are opened from now on. */
  lookOnly(): this {
    this.#looksOnly = true;
    return this.keepView();
  }

  /** Opened by `open` when it is first asked for, the same one afterwards, and closed with the rest. */
  resource<T extends Disposable>(open: () => T): T {
    const known = this.#resources.get(open) as T | undefined;
    if (known !== undefined) return known;
    const opened = this.#stack.use(this.#looksOnly ? openToLook(open) : open());
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

  /** Whether `deleteLinks` leaves this process free for other work until it is done. */
  get deletesAside(): boolean {
    return this.#services?.deleteLinks !== undefined;
  }

  /** Deletes links of the host's namespace; those that are gone already are fine. */
  async deleteLinks(indexes: readonly number[]): Promise<void> {
    if (indexes.length === 0) return;
    const aside = this.#services?.deleteLinks;
    if (aside === undefined) for (const index of indexes) this.hostLinks.delete(index);
    else await aside(indexes);
    this.hostLinks.forget();
  }

  /** Deletes a link of the container's namespace; one that is gone already is fine. */
  async deleteLinkInside(index: number): Promise<void> {
    const aside = this.#services?.deleteLinks;
    if (aside === undefined) this.containerLinks.delete(index);
    else await aside([index], this.#present().path);
    this.containerLinks.forget();
  }

  #present(): Netns {
    const { netns } = this;
    if (netns !== undefined) return netns;
    throw new CniError(ErrorCode.INVALID_NETNS, "the container's network namespace is gone");
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function openOrExplain(netns: string, services: DaemonServices | undefined): Netns {
  try {
    return Netns.open(services?.netnsPath ?? netns);
  } catch (cause) {
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `failed to open netns ${JSON.stringify(netns)}: ${errorText(cause)}`,
      { details: "CNI_NETNS must name a network namespace that exists", cause },
    );
  }
}

function openIfThere(path: string): Netns | undefined {
  try {
    return Netns.open(path);
  } catch (error) {
    const known = CniError.from(error);
    if (known.code === ErrorCode.TRY_AGAIN_LATER) throw known;
    return undefined;
  }
}

const openHostNetns = (): Netns => Netns.current();

const openHost = (): RouteSocket => RouteSocket.open();
