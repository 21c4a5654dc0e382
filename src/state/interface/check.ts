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
  const present = new Set(
    address.list(namespaces.container, { index: own.index }).map(({ prefix }) => prefix.toString()),
  );
  for (const { prefix } of addresses) {
    if (!present.has(prefix.toString())) {
      throw differs(`address ${prefix.toString()} is missing on ${own.name}`);
    }
  }
  const existing = routes.length === 0 ? [] : route.list(namespaces.container);
  for (const wanted of routes) {
    const difference = routeDifference(wanted, existing, own.index);
    if (difference === undefined) continue;
    const via = wanted.gw === undefined ? "" : ` via ${wanted.gw}`;
    throw differs(`route to ${wanted.dst}${via} ${difference}`);
  }
}
