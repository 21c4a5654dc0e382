import { atLeast } from "../../src/spec/index.ts";
import type { ChainResult } from "../support/chain.ts";

/** What a promised result of version 1.1.0 is in another one, by the tables of the specification. */

type Fields = Readonly<Record<string, unknown>>;

interface Promised {
  readonly interfaces?: readonly Fields[];
  readonly ips?: readonly (Fields & { readonly address: string; readonly gateway?: string })[];
  readonly routes?: readonly (Fields & { readonly dst: string; readonly gw?: string })[];
  readonly dns?: Fields;
}

export function promisedIn(version: string, promised: Fields): Fields {
  const { interfaces, ips, routes, dns } = promised as Promised;
  if (atLeast(version, "1.1.0")) return { ...promised, cniVersion: version };
  // Before 1.0.0 `dns` was always there, though empty.
  const oldDns = atLeast(version, "1.0.0") ? (dns ?? undefined) : (dns ?? {});
  const oldRoutes = routes?.map(({ dst, gw }) => (gw === undefined ? { dst } : { dst, gw }));
  const rest = oldDns === undefined ? {} : { dns: oldDns };
  if (!atLeast(version, "0.3.0")) {
    return { cniVersion: version, ...families(ips ?? [], oldRoutes ?? []), ...rest };
  }
  return {
    cniVersion: version,
    ...(interfaces === undefined
      ? {}
      : { interfaces: interfaces.map(({ mtu: _mtu, pciID: _pciId, ...link }) => link) }),
    ...(ips === undefined ? {} : { ips: ips.map((ip) => withFamily(version, ip)) }),
    ...(oldRoutes === undefined ? {} : { routes: oldRoutes }),
    ...rest,
  };
}

function familyOf(address: string): "4" | "6" {
  return address.includes(":") ? "6" : "4";
}

function withFamily(version: string, ip: Fields & { readonly address: string }): Fields {
  return atLeast(version, "1.0.0") ? ip : { ...ip, version: familyOf(ip.address) };
}

/** `ip4` and `ip6`, each with the first address and the routes of its family. */
function families(
  ips: readonly { readonly address: string; readonly gateway?: string }[],
  routes: readonly { readonly dst: string }[],
): Fields {
  const found = (["4", "6"] as const).flatMap((family) => {
    const ip = ips.find(({ address }) => familyOf(address) === family);
    if (ip === undefined) return [];
    const own = routes.filter(({ dst }) => familyOf(dst) === family);
    const { address, gateway } = ip;
    const value = {
      ip: address,
      ...(gateway === undefined ? {} : { gateway }),
      ...(own.length === 0 ? {} : { routes: own }),
    };
    return [[`ip${family}`, value] as const];
  });
  return Object.fromEntries(found);
}

/** The result as a request of its version carries it; libcni hands none to DEL before 0.4.0. */
export function previousFor(
  version: string,
  result: ChainResult | undefined,
): ChainResult | undefined {
  return atLeast(version, "0.4.0") ? result : undefined;
}
