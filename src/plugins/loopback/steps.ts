import type { Prefix } from "../../addr/index.ts";
import { address, link, type RouteSocket } from "../../kernel/route/index.ts";
import { CniError, ErrorCode, type IpConfig } from "../../spec/index.ts";
import { differs, type Revert, type Step } from "../../state/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { LOOPBACK } from "./config.ts";

/** Brings the container's loopback interface up; it has its addresses from the kernel. */
export class LoopbackUp implements Step {
  readonly name: string = "loopback up";
  readonly #namespaces: Namespaces;
  readonly #expected: readonly Prefix[];

  /** @param expected addresses that CHECK wants to find */
  constructor(namespaces: Namespaces, expected: readonly Prefix[] = []) {
    this.#namespaces = namespaces;
    this.#expected = expected;
  }

  describe(): string {
    return `${LOOPBACK} of the container goes up`;
  }

  apply(): Revert | undefined {
    const socket = this.#namespaces.container;
    refuseForeignAddress(socket);
    const { index, up } = findLoopback(socket);
    if (up) {
      return undefined;
    }
    link.set(socket, index, { up: true });
    return () => link.set(socket, index, { up: false });
  }

  check(): void {
    const socket = this.#namespaces.container;
    if (!findLoopback(socket).up) {
      throw differs("loopback interface is down");
    }
    const found = loopbackAddresses(socket);
    const missing = this.#expected.find(
      (wanted) => !found.some(({ prefix }) => prefix.equals(wanted)),
    );
    if (missing !== undefined) {
      throw differs(`loopback interface lacks the address ${missing}`);
    }
  }

  undo(): void {
    const { netns, hostNetns } = this.#namespaces;
    // A path may have come to mean the host: its process ended, and the number was given anew.
    if (netns === undefined || netns.same(hostNetns)) {
      return;
    }
    this.#namespaces.containerLinks.set(findLoopback(this.#namespaces.container).index, {
      up: false,
    });
  }
}

/** The addresses for the result: the first of each family, IPv4 before IPv6. */
export function resultIps(socket: RouteSocket): IpConfig[] {
  const found = loopbackAddresses(socket);
  const first = ([4, 6] as const).map((family) => found.find((each) => each.family === family));
  return first.flatMap((each) =>
    each === undefined ? [] : [{ address: each.prefix.toString(), interface: 0 }],
  );
}

function findLoopback(socket: RouteSocket): link.Link {
  const found = link.get(socket, { name: LOOPBACK });
  if (found !== undefined) {
    return found;
  }
  throw new CniError(ErrorCode.INVALID_NETNS, `the network namespace has no link ${LOOPBACK}`);
}

function loopbackAddresses(socket: RouteSocket): address.Address[] {
  return address.list(socket, { index: findLoopback(socket).index });
}

function refuseForeignAddress(socket: RouteSocket): void {
  const foreign = loopbackAddresses(socket).find(({ prefix }) => !prefix.ip.isLoopback);
  if (foreign === undefined) {
    return;
  }
  throw new CniError(
    ErrorCode.INVALID_NETNS,
    `loopback interface found with non-loopback address ${JSON.stringify(String(foreign.prefix.ip))}`,
    { details: "remove that address, or hand over a network namespace of the container's own" },
  );
}
