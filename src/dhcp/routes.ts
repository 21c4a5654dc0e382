import { Ip, Prefix } from "../addr/index.ts";
import { ByteReader } from "../bytes/index.ts";
import { OptionCode } from "./constant.ts";
import { addressList, type Options } from "./options.ts";

/** A route that a server names; without a gateway the destination is on the link. */
export interface LeaseRoute {
  readonly dst: Prefix;
  readonly gateway?: Ip;
}

const DEFAULT = Prefix.parse("0.0.0.0/0");

/** The routers of option 3, without those that cannot be one. */
export function routersOf(options: Options): Ip[] {
  return hosts(addressList(options.get(OptionCode.ROUTER)) ?? []);
}

/**
 * The routes of option 121; where there is none, those of option 33 and a default route through
 * the first router. RFC 3442: classless routes take the place of the others.
 */
export function routesOf(options: Options): LeaseRoute[] {
  const classless = options.get(OptionCode.CLASSLESS_ROUTE);
  const routes = classless === undefined ? undefined : classlessRoutes(classless);
  if (routes !== undefined) return routes;
  const [router] = routersOf(options);
  return [
    ...classfulRoutes(options.get(OptionCode.STATIC_ROUTE)),
    ...(router === undefined ? [] : [{ dst: DEFAULT, gateway: router }]),
  ];
}

/** Option 121; undefined when it is broken or empty. */
function classlessRoutes(value: Uint8Array): LeaseRoute[] | undefined {
  const routes: LeaseRoute[] = [];
  const reader = new ByteReader(value);
  try {
    while (reader.remaining > 0) {
      const length = reader.u8();
      const address = new Uint8Array(4);
      if (length > 32) return undefined;
      address.set(reader.bytes(Math.ceil(length / 8)));
      const dst = new Prefix(Ip.fromBytes(address), length).network();
      const gateway = Ip.fromBytes(reader.bytes(4));
      if (gateway.isUnspecified) routes.push({ dst });
      else if (isHost(gateway)) routes.push({ dst, gateway });
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return routes.length === 0 ? undefined : routes;
}

/** Option 33: pairs of destination and router, the mask by the class of the destination. */
function classfulRoutes(value: Uint8Array | undefined): LeaseRoute[] {
  const list = addressList(value) ?? [];
  const routes: LeaseRoute[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const destination = Ip.fromBytes(list[at] as Uint8Array);
    const gateway = Ip.fromBytes(list[at + 1] as Uint8Array);
    // The default route may not stand here (RFC 2132, 5.8).
    if (destination.isUnspecified || destination.isMulticast || !isHost(gateway)) continue;
    routes.push({ dst: new Prefix(destination, classOf(destination)).network(), gateway });
  }
  return routes;
}

function classOf(ip: Ip): number {
  const first = ip.bytes[0] ?? 0;
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

function hosts(list: readonly Uint8Array[]): Ip[] {
  return list.map((bytes) => Ip.fromBytes(bytes)).filter(isHost);
}

/** Whether an address can be a machine's; 0.0.0.0, broadcast, multicast, loopback and 240/4 not. */
export function isHost(ip: Ip): boolean {
  const first = ip.bytes[0] ?? 0;
  return first !== 0 && first < 224 && !ip.isLoopback;
}
