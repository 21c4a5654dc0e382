import * as v from "valibot";
import { Prefix } from "../../addr/index.ts";
import { rule } from "../../plugin/index.ts";
import { invalidConfig, prefixText } from "../config/index.ts";

/** How the rules are laid out: our own way, or as the reference plugins do under that name. */
export type MasqueradeBackend = "own" | "iptables" | "nftables";

/** `ipMasq` of a configuration. */
export const ipMasq: v.GenericSchema<unknown, boolean> = v.pipe(
  v.optional(v.boolean(), false),
  v.description("What leaves for beyond the container's subnets has the host's address."),
);

const backendName = rule({ enum: ["iptables", "nftables", ""] }, (name: string) => {
  masqueradeBackend(name);
});

const subnet = prefixText((text) => {
  return invalidConfig(`ipMasqExcept: ${JSON.stringify(text)} is no subnet`);
});

/** `ipMasqBackend` of a configuration. */
export const ipMasqBackend: v.GenericSchema<unknown, string | undefined> = v.pipe(
  v.optional(v.pipe(v.string(), backendName)),
  v.description('"iptables" or "nftables": the Go plugins\' layout; our own when absent.'),
);

/** `ipMasqExcept` of a configuration. */
export const ipMasqExcept: v.GenericSchema<unknown, string[]> = v.pipe(
  v.optional(v.array(v.pipe(v.string(), subnet)), []),
  v.description(
    "Subnets whose hosts see the container's own address, such as `192.0.2.0/24`. Without `ipMasqBackend` only.",
  ),
);

/**
 * The subnets that a configuration exempts, each once.
 * @throws CniError of code 7 where another layout knows no exceptions
 */
export function masqueradeExcept(
  texts: readonly string[],
  backend: MasqueradeBackend,
): readonly Prefix[] {
  if (texts.length > 0 && backend !== "own") {
    throw invalidConfig(`ipMasqExcept does not go with the ${backend} backend`);
  }
  const subnets = texts.map((text) => Prefix.parse(text).network());
  return [...new Map(subnets.map((subnet) => [subnet.toString(), subnet])).values()];
}

/**
 * The backend that a configuration names; our own layout when it names none.
 * @throws CniError of code 7 for a name that is no backend.
 */
export function masqueradeBackend(name: string | undefined): MasqueradeBackend {
  if (name === undefined || name === "") return "own";
  if (name === "iptables" || name === "nftables") return name;
  throw invalidConfig(`unknown ipmasq backend ${JSON.stringify(name)}`);
}
