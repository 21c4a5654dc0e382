import { Prefix } from "../../addr/index.ts";
import { address, type link, route } from "../../kernel/route/index.ts";
import type { Route } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { routeDifference } from "./check-route.ts";
import type { OwnAddress } from "./own-address.ts";

/** Compares the kernel's addresses and routes with the promised ones. */
export function checkInterface(
  namespaces: Namespaces,
  own: link.Link,
  addresses: readonly OwnAddress[],
  routes: readonly Route[],
): void {
  if (!own.up) throw differs(`interface ${own.name} is down`);
  // A container may have given itself any number of addresses and routes: others are not kept.
  const missing = new Set(addresses.map(({ prefix }) => prefix.toString()));
  const where = ({ prefix }: address.Address): boolean => missing.has(prefix.toString());
  for (const { prefix } of address.list(namespaces.container, { index: own.index, where })) {
    missing.delete(prefix.toString());
  }
  for (const prefix of missing) throw differs(`address ${prefix} is missing on ${own.name}`);
  const to = routes.map(({ dst }) => Prefix.parse(dst));
  const existing = routes.length === 0 ? [] : route.list(namespaces.container, { to });
  for (const wanted of routes) {
    const difference = routeDifference(wanted, existing, own.index);
    if (difference === undefined) continue;
    const via = wanted.gw === undefined ? "" : ` via ${wanted.gw}`;
    throw differs(`route to ${wanted.dst}${via} ${difference}`);
  }
}
