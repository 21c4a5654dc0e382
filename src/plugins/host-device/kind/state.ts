import { defined } from "../../../base/index.ts";
import { address, type link, type RouteSocket, route } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { runAll } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { captureSettings, restoreSettings, type Settings } from "./settings.ts";

/** What the kernel takes from a device that leaves its namespace. */
export interface HostState {
  /** The device's index before it left. */
  readonly index: number;
  readonly up: boolean;
  readonly addresses: readonly address.Address[];
  readonly routes: readonly route.Route[];
  readonly settings: Settings;
}

/** Takes down what the device has on the host. */
export function captureState(namespaces: Namespaces, { index, name, up }: link.Link): HostState {
  const routes = route
    .list(namespaces.host, { index })
    .filter(
      ({ table, protocol }) => table !== route.RT_TABLE_LOCAL && protocol !== route.RTPROT_RA,
    );
  const addresses = address.list(namespaces.host, { index });
  return { index, up, addresses, routes, settings: captureSettings(name) };
}

/** Gives a device that is back what it had; goes on past failures and tells them at the end. */
export async function restoreState(
  namespaces: Namespaces,
  index: number,
  state: HostState,
): Promise<void> {
  restoreSettings(state.settings);
  await runAll([
    ...state.addresses.map((each) => () => {
      address.replace(namespaces.host, addressSpec(each, index));
    }),
    () => {
      if (state.up) namespaces.hostLinks.set(index, { up: true });
    },
    ...byScope(state.routes).map(
      (each) => () => addRoute(namespaces.host, atIndex(each, state.index, index)),
    ),
  ]);
}

/** The nearer first: a gateway can only be named when it can be reached. */
export function byScope<T extends { readonly scope: number }>(routes: readonly T[]): T[] {
  return routes.toSorted((a, b) => b.scope - a.scope);
}

/** Adds a route beside others; one that is there already is fine. */
export function addRoute(socket: RouteSocket, spec: route.RouteSpec): void {
  try {
    route.addBeside(socket, spec);
  } catch (error) {
    if (!isKernelError(error, Errno.EEXIST)) throw error;
  }
}

/** The same route over the link of another index; hops over other links stay. */
function atIndex(of: route.Route, old: number, index: number): route.RouteSpec {
  const { multipath } = of;
  if (multipath === undefined) return { ...of, index };
  return {
    ...of,
    multipath: multipath.map((hop) => (hop.index === old ? { ...hop, index } : hop)),
  };
}

const LASTING_FLAGS =
  address.IFA_F_NOPREFIXROUTE | address.IFA_F_OPTIMISTIC | address.IFA_F_MANAGETEMPADDR;

/** The same address for another index. It needs no duplicate detection: the device had it before. */
export function addressSpec(of: address.Address, index: number): address.AddressSpec {
  const { prefix, peer, broadcast, scope, label, lifetimes, metric, family } = of;
  const isForEver = lifetimes === undefined || lifetimes.valid === address.INFINITY_LIFE_TIME;
  return {
    index,
    prefix,
    scope,
    broadcast: broadcast ?? null,
    flags: of.flags & LASTING_FLAGS,
    nodad: family === 6,
    ...defined({ peer, label, metric }),
    ...(isForEver && lifetimes?.preferred !== 0 ? {} : { lifetimes }),
  };
}
