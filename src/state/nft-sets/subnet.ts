import type { Prefix } from "../../addr/index.ts";
import { hexDigest } from "../digest.ts";

/** Longest name that still reads well in a listing; nft accepts more. */
const NAME_LENGTH_MAX = 100;

/**
 * The name of the set with a network's addresses in one subnet, such as `from-dbnet-10.1.0.0/16`;
 * without a network, of one that is about the subnet alone.
 * Colons are not allowed in names that `nft` reads, so they are shown as underscores; the name
 * starts with a letter for the same reason.
 */
export function subnetSetName(use: string, network: string | undefined, subnet: Prefix): string {
  const address = subnet.network().toString().replaceAll(":", "_");
  const text = [use, ...(network === undefined ? [] : [network]), address].join("-");
  if (text.length <= NAME_LENGTH_MAX) return text;
  return `${use}-${hexDigest("sha256", text).slice(0, 32)}`;
}
