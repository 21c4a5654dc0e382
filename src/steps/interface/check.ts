import { Ip, Prefix } from "../../addr/index.ts";
import { address, type link, route } from "../../kernel/route/index.ts";
import type { Route } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Sides } from "../sides/index.ts";
import type { OwnAddress } from "./step.ts";

/**
 * Compares the kernel's addresses and routes with the promised ones. Later plugins of the chain may
 * have moved a route to another table, so a route counts wherever it is found.
 */
export function checkInterface(
  sides: Sides,
  own: link.Link,
  addresses: readonly OwnAddress[],
  routes: readonly Route[],
): void {
  if (!own.up) throw differs(`interface ${own.name} is down`);
  const present = new Set(
    address.list(sides.container, { index: own.index }).map(({ prefix }) => prefix.toString()),
  );
  for (const { prefix } of addresses) {
    if (!present.has(prefix.toString())) {
      throw differs(`address ${prefix.toString()} is missing on ${own.name}`);
    }
  }
  const existing = routes.length === 0 ? [] : route.list(sides.container);
  for (const wanted of routes) {
    if (!existing.some((entry) => isRoute(entry, wanted, own.index))) {
      const via = wanted.gw === undefined ? "" : ` via ${wanted.gw}`;
      throw differs(`route to ${wanted.dst}${via} is missing in the container`);
    }
  }
}

function isRoute(entry: route.Route, wanted: Route, index: number): boolean {
  if (!entry.dst.equals(Prefix.parse(wanted.dst).network())) return false;
  const gateway = wanted.gw === undefined ? undefined : Ip.parse(wanted.gw);
  const hops = entry.multipath ?? [entry];
  return hops.some(
    (hop) =>
      hop.index === index && (gateway === undefined || hop.gateway?.equals(gateway) === true),
  );
}
