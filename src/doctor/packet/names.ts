/** Names of links by their numbers, in one namespace. */
import { link, type RouteSocket } from "../../kernel/route/index.ts";

/** Each link is asked for once. */
export class LinkNames {
  readonly #socket: RouteSocket;
  readonly #known = new Map<number, link.Link | undefined>();

  constructor(socket: RouteSocket) {
    this.#socket = socket;
  }

  /** Undefined where there is no such link any more. */
  link(index: number): link.Link | undefined {
    if (!this.#known.has(index)) this.#known.set(index, link.get(this.#socket, { index }));
    return this.#known.get(index);
  }

  of(index: number | undefined): string | undefined {
    return index === undefined || index === 0 ? undefined : this.link(index)?.name;
  }

  /** Of a link that was asked for. */
  indexOf(name: string): number | undefined {
    for (const [index, known] of this.#known) if (known?.name === name) return index;
    return undefined;
  }
}
