import type { JsonObject } from "../subject/index.ts";
import { since } from "./versions.ts";

/** A result in the shape of a version (SPEC section 5, and the older texts). */

export interface PlainIp {
  /** With its prefix length. */
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
}

export interface PlainResult {
  readonly interfaces?: readonly { name: string; mac?: string; sandbox?: string }[];
  readonly ips: readonly PlainIp[];
  readonly routes?: readonly { dst: string; gw?: string }[];
}

export function inShape(version: string, result: PlainResult): JsonObject {
  if (!since(version, "0.3.0")) return oldest(version, result);
  const ips = result.ips.map((ip) => {
    return since(version, "1.0.0") ? { ...ip } : { version: familyOf(ip.address), ...ip };
  });
  return {
    cniVersion: version,
    ...(result.interfaces === undefined ? {} : { interfaces: result.interfaces.map(copy) }),
    ips,
    ...(result.routes === undefined ? {} : { routes: result.routes.map(copy) }),
    ...(since(version, "1.0.0") ? {} : { dns: {} }),
  };
}

function copy<T extends object>(value: T): T {
  return { ...value };
}

export function familyOf(address: string): "4" | "6" {
  return address.includes(":") ? "6" : "4";
}

/** One address of each family, each with its routes. */
function oldest(version: string, { ips, routes = [] }: PlainResult): JsonObject {
  const slots: [string, JsonObject][] = [];
  for (const family of ["4", "6"] as const) {
    const ip = ips.find(({ address }) => familyOf(address) === family);
    if (ip === undefined) continue;
    const own = routes.filter(({ dst }) => familyOf(dst) === family).map(copy);
    const gateway = ip.gateway === undefined ? {} : { gateway: ip.gateway };
    slots.push([
      `ip${family}`,
      { ip: ip.address, ...gateway, ...(own.length > 0 ? { routes: own } : {}) },
    ]);
  }
  return { cniVersion: version, ...Object.fromEntries(slots), dns: {} };
}
