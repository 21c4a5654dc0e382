import { Nftables } from "../../kernel/nftables/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/** The connection of a call to nftables in the host's namespace, opened when it is first asked for. */
export function nftables(namespaces: Namespaces): Nftables {
  return namespaces.resource(open);
}

const open = (): Nftables => Nftables.open();
