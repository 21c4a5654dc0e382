import { address, link, type RouteSocket } from "../../kernel/route/index.ts";

/** Links and addresses of one namespace: each read once, when a stage asks for it. */
export class LinkFacts {
  readonly socket: RouteSocket;
  #links: readonly link.Link[] | undefined;
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
    return this.links.find((one) => one.name === name);
  }

  addressesOf(index: number): readonly address.Address[] {
    return this.addresses.filter((one) => one.index === index);
  }
}
