import type { Prefix } from "../../../addr/index.ts";
import { address, type link } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode, type IpConfig } from "../../../spec/index.ts";
import { differs, type Kind, type Piece, type Rollback } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { LOOPBACK } from "../config.ts";

/** The container's loopback interface, up. What it wants are the addresses that CHECK finds. */
export const loopbackUp: Kind<readonly Prefix[], LoopbackUp> = {
  name: "loopback up",
  want: ({ namespaces }, expected) => new LoopbackUp(namespaces, expected),
  undo({ namespaces }) {
    const { netns, hostNetns } = namespaces;
    if (netns === undefined || netns.same(hostNetns)) return;
    namespaces.containerLinks.set(findLoopback(namespaces).index, { up: false });
  },
};

class LoopbackUp implements Piece {
  readonly name: string = loopbackUp.name;
  readonly #namespaces: Namespaces;
  readonly #expected: readonly Prefix[];

  constructor(namespaces: Namespaces, expected: readonly Prefix[]) {
    this.#namespaces = namespaces;
    this.#expected = expected;
  }

  describe(): string {
    return `${LOOPBACK} of the container goes up`;
  }

  apply(rollback: Rollback): void {
    const { containerLinks } = this.#namespaces;
    const { index, up } = findLoopback(this.#namespaces);
    this.#refuseForeignAddress();
    if (up) return;
    rollback.defer(() => containerLinks.set(index, { up: false }));
    containerLinks.set(index, { up: true });
  }

  check(): void {
    if (!findLoopback(this.#namespaces).up) throw differs("loopback interface is down");
    const found = this.#addresses();
    const missing = this.#expected.find(
      (wanted) => !found.some(({ prefix }) => prefix.equals(wanted)),
    );
    if (missing !== undefined) throw differs(`loopback interface lacks the address ${missing}`);
  }

  /** The addresses for the result: the first of each family, IPv4 before IPv6. */
  ips(): IpConfig[] {
    const found = this.#addresses();
    const first = ([4, 6] as const).map((family) => found.find((each) => each.family === family));
    return first.flatMap((each) =>
      each === undefined ? [] : [{ address: each.prefix.toString(), interface: 0 }],
    );
  }

  #addresses(): address.Address[] {
    const { index } = findLoopback(this.#namespaces);
    return address.list(this.#namespaces.container, { index });
  }

  #refuseForeignAddress(): void {
    const foreign = this.#addresses().find(({ prefix }) => !prefix.ip.isLoopback);
    if (foreign === undefined) return;
    throw new CniError(
      ErrorCode.INVALID_NETNS,
      `loopback interface found with non-loopback address ${JSON.stringify(String(foreign.prefix.ip))}`,
      { details: "remove that address, or hand over a network namespace of the container's own" },
    );
  }
}

function findLoopback({ containerLinks }: Namespaces): link.Link {
  const found = containerLinks.get({ name: LOOPBACK });
  if (found !== undefined) return found;
  throw new CniError(ErrorCode.INVALID_NETNS, `the network namespace has no link ${LOOPBACK}`);
}
