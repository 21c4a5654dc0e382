/**
 * From what is wanted and what stands to the fewest changes, in an order that keeps working what works:
 * what is new comes before the routes that need it, routes are replaced in place, and what is old goes last.
 */
import type { Ip, Prefix } from "../addr/index.ts";
import { address, neighbour, route } from "../kernel/route/index.ts";
import { isSameIp } from "./addresses.ts";
import type { Change } from "./change.ts";
import type { Desired, DesiredRoute } from "./desired.ts";
import { ROUTE_PROTOCOL } from "./names.ts";
import type { Standing, StandingDevice } from "./standing.ts";

/** The metric that the kernel gives an IPv6 route without one (IP6_RT_PRIO_USER). */
const IPV6_METRIC = 1024;

export interface Plan {
  readonly changes: readonly Change[];
  /** Sentences about what is in the way. */
  readonly troubles: readonly string[];
}

/** @param index of the link that the routes lead to: the device, or for host-gw the one between the nodes */
export function planChanges(
  desired: Desired,
  standing: Standing,
  index: number,
  hasDevice: boolean,
): Plan {
  const { device } = standing;
  const routes = planRoutes(desired, standing, index, hasDevice);
  if (!hasDevice) return { changes: [...routes.made, ...routes.gone], troubles: routes.troubles };
  const own = device?.link.index === index ? device : undefined;
  const addresses = planAddresses(desired, own, index);
  const forwarding = planForwarding(desired, own, index);
  const neighbours = planNeighbours(desired, own, index);
  return {
    changes: [
      ...[...addresses.made, ...forwarding.made, ...neighbours.made, ...routes.made],
      ...[...routes.gone, ...neighbours.gone, ...forwarding.gone, ...addresses.gone],
    ],
    troubles: routes.troubles,
  };
}

/** What comes, and what goes when that is there. */
interface Steps {
  readonly made: readonly Change[];
  readonly gone: readonly Change[];
}

function planAddresses(
  { addresses }: Desired,
  device: StandingDevice | undefined,
  index: number,
): Steps {
  const standing = device?.addresses ?? [];
  const missing = addresses.filter(
    (prefix) => !standing.some((each) => each.prefix.equals(prefix)),
  );
  const surplus = standing.filter(
    ({ prefix, scope }) =>
      // The kernel's own link-local address is no concern of the overlay.
      scope === route.RT_SCOPE_UNIVERSE && !addresses.some((each) => each.equals(prefix)),
  );
  return {
    made: missing.map((prefix) => ({
      request: address.newMessage({ index, prefix, nodad: prefix.family === 6 }),
      operation: `add address ${prefix}`,
    })),
    gone: surplus.map(({ prefix }) => ({
      request: address.deleteMessage({ index, prefix }),
      operation: `delete address ${prefix}`,
    })),
  };
}

function planForwarding(
  { forwarding }: Desired,
  device: StandingDevice | undefined,
  index: number,
): Steps {
  const standing = new Map<string, neighbour.Forwarding[]>();
  for (const entry of device?.forwarding ?? []) {
    standing.set(entry.address, [...(standing.get(entry.address) ?? []), entry]);
  }
  const made: Change[] = [];
  for (const [mac, dst] of forwarding) {
    const [one, ...more] = standing.get(mac) ?? [];
    if (one !== undefined && more.length === 0 && isSameIp(one.dst, dst)) continue;
    const request = neighbour.replaceForwardingMessage({ index, address: mac, dst });
    made.push({ request, operation: `set forwarding entry ${mac} to ${dst}` });
  }
  const gone = [...standing].flatMap(([mac, entries]) => {
    if (forwarding.has(mac)) return [];
    return entries.map(({ dst }) => ({
      request: neighbour.deleteForwardingMessage({ index, address: mac, dst }),
      operation: `delete forwarding entry ${mac}`,
    }));
  });
  return { made, gone };
}

function planNeighbours(
  { neighbours }: Desired,
  device: StandingDevice | undefined,
  index: number,
): Steps {
  const standing = new Map((device?.neighbours ?? []).map((each) => [each.ip.toString(), each]));
  const made = [...neighbours].flatMap(([text, { ip, mac }]) => {
    if (standing.get(text)?.address === mac) return [];
    const request = neighbour.replaceMessage({ index, ip, address: mac });
    return [{ request, operation: `set neighbour ${text}` }];
  });
  const gone = [...standing].flatMap(([text, { ip }]) => {
    if (neighbours.has(text)) return [];
    const request = neighbour.deleteMessage({ index, ip });
    return [{ request, operation: `delete neighbour ${text}` }];
  });
  return { made, gone };
}

function planRoutes(
  { routes }: Desired,
  standing: Standing,
  index: number,
  hasDevice: boolean,
): Steps & { readonly troubles: readonly string[] } {
  const troubles: string[] = [];
  const taken = new Map(standing.strangersRoutes.map((each) => [each.dst.toString(), each]));
  const own = new Map<string, route.Route>();
  const gone: Change[] = [];
  for (const each of standing.routes) {
    const text = each.dst.toString();
    // The overlay makes routes without a metric; another one of its own is left over.
    if (routes.has(text) && !own.has(text) && isPlain(each)) own.set(text, each);
    else gone.push(removal(each));
  }
  const made: Change[] = [];
  for (const [text, wanted] of routes) {
    const stranger = taken.get(text);
    if (stranger !== undefined) {
      troubles.push(`the route ${routeWords(stranger)} of another program stays as it is`);
      const mine = own.get(text);
      if (mine !== undefined) gone.push(removal(mine));
      continue;
    }
    const found = own.get(text);
    const spec = specOf(wanted, index, hasDevice);
    if (found !== undefined && isSame(found, spec)) continue;
    const message = found === undefined ? route.newMessage(spec) : route.replaceMessage(spec);
    made.push({ request: message, operation: `set route ${routeWords(spec)}` });
  }
  return { made, gone, troubles };
}

function specOf(
  { dst, gateway }: DesiredRoute,
  index: number,
  hasDevice: boolean,
): route.RouteSpec {
  const protocol = ROUTE_PROTOCOL;
  if (gateway === undefined) return { dst, index, protocol, scope: route.RT_SCOPE_LINK };
  return { dst, gateway, index, protocol, onlink: hasDevice };
}

function isPlain({ type, priority, dst, tos, multipath }: route.Route): boolean {
  const metric = dst.family === 6 ? IPV6_METRIC : undefined;
  return type === route.RTN_UNICAST && priority === metric && tos === 0 && multipath === undefined;
}

function isSame(found: route.Route, spec: route.RouteSpec): boolean {
  return (
    found.index === spec.index &&
    isSameIp(found.gateway, spec.gateway) &&
    found.onlink === (spec.onlink ?? false) &&
    (found.family === 6 || found.scope === (spec.scope ?? route.RT_SCOPE_UNIVERSE)) &&
    found.mtu === undefined
  );
}

/** Exactly this route: the kernel compares all that is given. */
export function removal(found: route.Route): Change {
  const { dst, gateway, index, priority, protocol, type, multipath } = found;
  const hop = multipath === undefined ? { gateway, index } : {};
  return {
    request: route.deleteMessage({ dst, ...hop, priority, protocol, type }),
    operation: `delete route ${routeWords(found)}`,
  };
}

export function routeWords(spec: {
  readonly dst: Prefix;
  readonly gateway?: Ip | undefined;
}): string {
  return spec.gateway === undefined ? `${spec.dst}` : `${spec.dst} via ${spec.gateway}`;
}
