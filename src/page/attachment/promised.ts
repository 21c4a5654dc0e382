import type { RouteForm } from "../../forms/index.ts";
import { dnsOf } from "./asked.ts";
import { fieldsOf, itemsOf, numberOf, textOf } from "./unknown.ts";

/** What a result promises of one interface. */
export interface Promised {
  readonly mac: string | undefined;
  readonly mtu: string | undefined;
  /** In CIDR notation. */
  readonly addresses: readonly string[];
  readonly routes: readonly RouteForm[];
  /** Interfaces of the result that stand on the host. */
  readonly hostLinks: readonly string[];
  readonly dns: readonly string[];
}

/** Reads a result of any version of the specification; undefined where none is remembered. */
export function promisedOf(value: unknown, ifName: string): Promised | undefined {
  if (value === undefined || value === null) return undefined;
  const result = fieldsOf(value);
  const interfaces = itemsOf(result["interfaces"]).map(fieldsOf);
  const own = interfaces.find(
    (each) => each["name"] === ifName && textOf(each["sandbox"]) !== undefined,
  );
  const onHost = interfaces.filter((each) => textOf(each["sandbox"]) === undefined);
  const mtu = numberOf(own?.["mtu"]);
  return {
    mac: textOf(own?.["mac"]),
    mtu: mtu === undefined ? undefined : String(mtu),
    addresses: addressesOf(result, own === undefined ? -1 : interfaces.indexOf(own)),
    routes: itemsOf(result["routes"]).flatMap((route) => routeOf(fieldsOf(route))),
    hostLinks: onHost.flatMap((each) => textOf(each["name"]) ?? []),
    dns: dnsOf(result["dns"]),
  };
}

/** An address without the number of an interface is the attachment's. */
function addressesOf(result: Readonly<Record<string, unknown>>, own: number): string[] {
  const old = [fieldsOf(result["ip4"]), fieldsOf(result["ip6"])].flatMap(
    (each) => textOf(each["ip"]) ?? [],
  );
  const ips = itemsOf(result["ips"]).map(fieldsOf);
  const mine = ips.filter((ip) => {
    return typeof ip["interface"] !== "number" || own === -1 || ip["interface"] === own;
  });
  return [...old, ...mine.flatMap((ip) => textOf(ip["address"]) ?? [])];
}

function routeOf(route: Readonly<Record<string, unknown>>): RouteForm[] {
  const dst = textOf(route["dst"]);
  if (dst === undefined) return [];
  const gw = textOf(route["gw"]);
  const { table } = route;
  return [
    {
      dst,
      ...(gw === undefined ? {} : { gw }),
      ...(typeof table === "number" ? { table } : {}),
    },
  ];
}
