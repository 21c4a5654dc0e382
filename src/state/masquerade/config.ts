import * as v from "valibot";
import type { Context } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import { invalidConfig } from "../config/index.ts";
import { requireTools } from "../iptables/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { nftables, requireNftables } from "../nft-sets/index.ts";
import { attachmentOf } from "../owner/index.ts";
import { addressesOf, type MasqueradeBackend, MasqueradeStep } from "./step.ts";

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

/** Masquerades the addresses of a result. */
export function masquerade(
  ctx: Context,
  namespaces: Namespaces,
  backend: MasqueradeBackend,
  addresses: () => Result | undefined,
): MasqueradeStep {
  return new MasqueradeStep({
    namespaces,
    owner: attachmentOf(ctx),
    env: ctx.env,
    backend,
    addresses: () => addressesOf(addresses()),
  });
}

/** What DEL undoes: the masquerading of an attachment in every layout. */
export function masqueradeRemoval(ctx: Context, namespaces: Namespaces): MasqueradeStep {
  return masquerade(ctx, namespaces, "own", () => ctx.prevResult);
}

/**
 * For STATUS: whether what the backend needs is there.
 * @throws CniError of code 50 that names what is missing.
 */
export function masqueradeStatus(
  ctx: Context,
  namespaces: Namespaces,
  backend: MasqueradeBackend,
): void {
  if (backend === "iptables") requireTools(4, { env: ctx.env });
  else requireNftables(nftables(namespaces));
}
