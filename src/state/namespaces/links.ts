import { link, type RouteSocket } from "../../kernel/route/index.ts";
import { Errno, ignoring } from "../../kernel/sys/index.ts";

/**
 * The links of one namespace in one call. While the view is kept, as CHECK and DEL do, the kernel is
 * asked once for each link, until the call itself changes one.
 */
export class Links {
  readonly #socket: () => RouteSocket;
  readonly #isKept: () => boolean;
  readonly #known = new Map<string | number, link.Link | undefined>();

  constructor(socket: () => RouteSocket, isKept: () => boolean) {
    this.#socket = socket;
    this.#isKept = isKept;
  }

  /** The link of this name or index; undefined when there is none. */
  get(target: link.LinkTarget): link.Link | undefined {
    const key = keyOf(target);
    if (this.#known.has(key)) return this.#known.get(key);
    const found = link.get(this.#socket(), target);
    if (this.#isKept()) this.#remember(key, found);
    return found;
  }

  /** All links, or those that the filter leaves. */
  list(filter: link.LinkFilter = {}): link.Link[] {
    return link.list(this.#socket(), filter);
  }

  /** The links of a kind that bear a mark which `isMeant`. */
  marked(kind: string, isMeant: (mark: string) => boolean): link.Link[] {
    return this.list({ kind }).filter(({ alias }) => alias !== undefined && isMeant(alias));
  }

  /** Makes a link and gives its index; see `link.add`. */
  add(spec: link.LinkSpec): number {
    return this.#changing((socket) => link.add(socket, spec));
  }

  /** Makes a link and gives it as the kernel made it; see `link.create`. */
  create(spec: link.LinkSpec): link.Link {
    return this.#changing((socket) => link.create(socket, spec));
  }

  /** Changes a link; see `link.set`. */
  set(target: link.LinkTarget, change: link.LinkChange): void {
    this.#changing((socket) => link.set(socket, target, change));
  }

  /** Changes the settings that a link has as a port of a bridge. */
  setPort(index: number, port: link.BridgePort): void {
    this.#changing((socket) => link.setPort(socket, index, port));
  }

  /** Deletes a link at once; one that is gone already is fine. */
  delete(index: number): void {
    ignoring([Errno.ENODEV], () => this.#changing((socket) => link.delete(socket, index)));
  }

  /** Forgets the view: the links may have changed. */
  forget(): void {
    this.#known.clear();
  }

  #remember(key: string | number, found: link.Link | undefined): void {
    this.#known.set(key, found);
    if (found === undefined) return;
    this.#known.set(found.name, found);
    this.#known.set(found.index, found);
  }

  #changing<T>(change: (socket: RouteSocket) => T): T {
    try {
      return change(this.#socket());
    } finally {
      this.forget();
    }
  }
}

function keyOf(target: link.LinkTarget): string | number {
  if (typeof target === "number") return target;
  return "name" in target ? target.name : target.index;
}
