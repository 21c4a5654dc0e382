import { address, link, type RouteSocket } from "../../kernel/route/index.ts";

/** Longer names are alternative ones (IFNAMSIZ without the NUL, linux/if.h). */
const NAME_MAX = 15;

/**
 * Links and addresses of one namespace: each read once, when a stage asks for it. A host has a link for
 * each container: single ones are asked for by themselves.
 */
export class LinkFacts {
  readonly socket: RouteSocket;
  #links: readonly link.Link[] | undefined;
  readonly #single = new Map<string | number, link.Link | undefined>();
  #addresses: readonly address.Address[] | undefined;

  constructor(socket: RouteSocket) {
    this.socket = socket;
  }

  get links(): readonly link.Link[] {
    this.#links ??= link.list(this.socket);
    return this.#links;
  }

  get addresses(): readonly address.Address[] {
    this.#addresses ??= address.list(this.socket);
    return this.#addresses;
  }

  named(name: string): link.Link | undefined {
    if (name === "" || Buffer.byteLength(name) > NAME_MAX) return undefined;
    const found = this.#ask(name, { name });
    return found?.name === name ? found : undefined; // an alternative name finds a link, too
  }

  at(index: number): link.Link | undefined {
    return index > 0 ? this.#ask(index, { index }) : undefined;
  }

  #ask(key: string | number, target: link.LinkTarget): link.Link | undefined {
    if (!this.#single.has(key)) this.#single.set(key, link.get(this.socket, target));
    return this.#single.get(key);
  }

  addressesOf(index: number): readonly address.Address[] {
    return this.addresses.filter((one) => one.index === index);
  }
}
