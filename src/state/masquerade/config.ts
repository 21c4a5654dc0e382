import * as v from "valibot";
import { invalidConfig } from "../config/index.ts";

/** How the rules are laid out: our own way, or as the reference plugins do under that name. */
export type MasqueradeBackend = "own" | "iptables" | "nftables";

/** `ipMasq` of a configuration. */
export const ipMasq: v.GenericSchema<unknown, boolean> = v.pipe(
  v.optional(v.boolean(), false),
  v.description("What leaves for beyond the container's subnets has the host's address."),
);

/** `ipMasqBackend` of a configuration. */
export const ipMasqBackend: v.GenericSchema<unknown, string | undefined> = v.pipe(
  v.optional(v.string()),
  v.description('"iptables" or "nftables": the Go plugins\' layout; our own when absent.'),
);

/**
 * The backend that a configuration names; our own layout when it names none.
 * @throws CniError of code 7 for a name that is no backend.
 */
export function masqueradeBackend(name: string | undefined): MasqueradeBackend {
  if (name === undefined || name === "") return "own";
  if (name === "iptables" || name === "nftables") return name;
  throw invalidConfig(`unknown ipmasq backend ${JSON.stringify(name)}`);
}
