/** The network inside a container's namespace as it is now. */
import { Netns } from "../../kernel/netns/index.ts";
import { neighbour } from "../../kernel/route/index.ts";
import { type FilterBounds, FilterFacts } from "./filter.ts";

/** A container that may change its rules fills them as it likes: so much is read of a list, and followed. */
const BOUNDS: FilterBounds = {
  list: { kept: 20_000, bytes: 32 * 1024 * 1024 },
  ruleset: { rules: 20_000, steps: 500_000 },
};

/** Facts of one namespace: each read once, when a stage asks for it. */
export class ContainerFacts extends FilterFacts {
  readonly netns: Netns;
  #neighbours: readonly neighbour.Neighbour[] | undefined;

  constructor(path: string) {
    using opening = new DisposableStack();
    const netns = opening.use(Netns.open(path));
    super(netns, BOUNDS);
    this.netns = netns;
    opening.move();
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.netns[Symbol.dispose]();
  }

  get neighbours(): readonly neighbour.Neighbour[] {
    this.#neighbours ??= neighbour.list(this.socket);
    return this.#neighbours;
  }
}
