import { statSync } from "node:fs";
import { Mac } from "../../addr/index.ts";
import { errorText } from "../../base/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { lastingPath, type NamespacesCall } from "../../state/namespaces/index.ts";
import type { NetnsPlace } from "./protocol.ts";

/** A link of a container, at the moment of looking. */
export interface OwnLink {
  readonly index: number;
  /** Index of the other end or the parent, in whatever namespace it is. */
  readonly linkIndex: number | undefined;
  readonly mac: Mac;
  readonly up: boolean;
}

/** The container's namespace or link is not there any more, or is another one. */
export class PlaceGone extends Error {
  override name = "PlaceGone";
}

/** Where the call's container is, for a daemon. Throws a CniError of code 4 when it is nowhere. */
export function netnsPlace(call: NamespacesCall): NetnsPlace {
  try {
    const identity = statSync(call.daemonServices?.netnsPath ?? call.netns, { bigint: true });
    const path = lastingPath(call, identity);
    return { path, dev: identity.dev.toString(), ino: identity.ino.toString() };
  } catch (cause) {
    const reason = errorText(cause);
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `failed to open netns ${JSON.stringify(call.netns)}: ${reason}`,
      { cause },
    );
  }
}

/** Opens the namespace for an instant; a namespace that is held open would outlive its container. */
export function openPlace(place: NetnsPlace): Netns {
  let netns: Netns;
  try {
    netns = Netns.open(place.path);
  } catch (cause) {
    const reason = errorText(cause);
    throw new PlaceGone(`network namespace ${place.path}: ${reason}`, { cause });
  }
  if (netns.dev.toString() === place.dev && netns.ino.toString() === place.ino) return netns;
  netns.close();
  throw new PlaceGone(`${place.path} is another network namespace now`);
}

/** The link of this name. Throws PlaceGone when it is not there. */
export function findLink(socket: RouteSocket, ifName: string): OwnLink {
  const found = link.get(socket, { name: ifName });
  if (found === undefined) throw new PlaceGone(`interface ${ifName} is missing in the container`);
  if (found.hardwareType !== link.ARPHRD_ETHER || found.address === undefined) {
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `interface ${ifName} is no Ethernet link: DHCP needs one`,
    );
  }
  const { index, linkIndex, up } = found;
  return { index, linkIndex, mac: Mac.parse(found.address), up };
}

/** Opens the namespace and talks to its rtnetlink. */
export function atPlace<T>(place: NetnsPlace, action: (socket: RouteSocket, netns: Netns) => T): T {
  using netns = openPlace(place);
  using socket = RouteSocket.open(netns);
  return action(socket, netns);
}
