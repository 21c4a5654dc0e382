/** The network inside a container's namespace as it is now. */
import { Netns } from "../../kernel/netns/index.ts";
import { neighbour, RouteSocket } from "../../kernel/route/index.ts";
import { LinkFacts } from "./links.ts";

/** Facts of one namespace: each read once, when a stage asks for it. */
export class ContainerFacts extends LinkFacts implements Disposable {
  readonly netns: Netns;
  readonly #stack = new DisposableStack();
  #neighbours: readonly neighbour.Neighbour[] | undefined;

  constructor(path: string) {
    using opening = new DisposableStack();
    const netns = opening.use(Netns.open(path));
    super(opening.use(RouteSocket.open(netns)));
    this.netns = netns;
    this.#stack = opening.move();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  get neighbours(): readonly neighbour.Neighbour[] {
    this.#neighbours ??= neighbour.list(this.socket);
    return this.#neighbours;
  }
}
