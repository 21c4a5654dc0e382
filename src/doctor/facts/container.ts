/** The network inside a container's namespace as it is now. */
import { Netns } from "../../kernel/netns/index.ts";
import { address, link, neighbour, RouteSocket } from "../../kernel/route/index.ts";

/** Facts of one namespace: each read once, when a stage asks for it. */
export class ContainerFacts implements Disposable {
  readonly netns: Netns;
  readonly socket: RouteSocket;
  readonly #stack = new DisposableStack();
  #links: readonly link.Link[] | undefined;
  #addresses: readonly address.Address[] | undefined;
  #neighbours: readonly neighbour.Neighbour[] | undefined;

  constructor(path: string) {
    using opening = new DisposableStack();
    this.netns = opening.use(Netns.open(path));
    this.socket = opening.use(RouteSocket.open(this.netns));
    this.#stack = opening.move();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  get links(): readonly link.Link[] {
    this.#links ??= link.list(this.socket);
    return this.#links;
  }

  get addresses(): readonly address.Address[] {
    this.#addresses ??= address.list(this.socket);
    return this.#addresses;
  }

  get neighbours(): readonly neighbour.Neighbour[] {
    this.#neighbours ??= neighbour.list(this.socket);
    return this.#neighbours;
  }

  named(name: string): link.Link | undefined {
    return this.links.find((one) => one.name === name);
  }

  addressesOf(index: number): readonly address.Address[] {
    return this.addresses.filter((one) => one.index === index);
  }
}
