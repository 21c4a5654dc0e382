import { Mac } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import { tryAgain } from "../../state/index.ts";
import { lastingPath, type NamespacesCall } from "../../state/namespaces/index.ts";
import type { NetnsRef } from "./protocol.ts";

/** A link of a container, at the moment of looking. */
export interface OwnLink {
  readonly index: number;
  /** Index of the other end or the parent, in whatever namespace it is. */
  readonly linkIndex: number | undefined;
  readonly mac: Mac;
  readonly up: boolean;
  /** What the link leads to is connected and up. */
  readonly carrier: boolean;
}

/** The container's namespace or link is not there any more, or is another one. */
export class NetnsGone extends Error {
  override name = "NetnsGone";
}

/**
 * Refers to the call's namespace.
 * @throws CniError of code 4 when there is none
 */
export function netnsRef(call: NamespacesCall): NetnsRef {
  try {
    using netns = Netns.open(call.daemonServices?.netnsPath ?? call.netns);
    const path = lastingPath(call, netns);
    return { path, ...identityOf(netns) };
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
export function openNetnsRef(ref: NetnsRef): Netns {
  let netns: Netns;
  try {
    netns = Netns.open(ref.path);
  } catch (cause) {
    const reason = errorText(cause);
    throw new NetnsGone(`network namespace ${ref.path}: ${reason}`, { cause });
  }
  try {
    if (isSameNetns(identityOf(netns), ref)) return netns;
  } catch (error) {
    netns.close();
    throw error;
  }
  netns.close();
  throw new NetnsGone(`${ref.path} is another network namespace now`);
}

/**
 * Whether two references are to one namespace. The kernel gives the numbers of a namespace that is
 * gone to the next one; only the cookie, where both have it, tells the two apart.
 */
export function isSameNetns(one: Identity, other: Identity): boolean {
  if (one.dev !== other.dev || one.ino !== other.ino) return false;
  return one.cookie === undefined || other.cookie === undefined || one.cookie === other.cookie;
}

type Identity = Omit<NetnsRef, "path">;

function identityOf(netns: Netns): Identity {
  const { dev, ino, cookie } = netns;
  return { dev: `${dev}`, ino: `${ino}`, ...defined({ cookie: cookie?.toString() }) };
}

/**
 * The link of this name.
 * @throws NetnsGone when it is not there
 */
export function findLink(socket: RouteSocket, ifName: string): OwnLink {
  const found = link.get(socket, { name: ifName });
  if (found === undefined) throw new NetnsGone(`interface ${ifName} is missing in the container`);
  if (found.hardwareType !== link.ARPHRD_ETHER || found.address === undefined) {
    throw invalidConfig(`interface ${ifName} is no Ethernet link: DHCP needs one`);
  }
  const { index, linkIndex, up, flags } = found;
  const carrier = (flags & link.IFF_LOWER_UP) !== 0;
  return { index, linkIndex, mac: Mac.parse(found.address), up, carrier };
}

/** Whether a link that is up has a carrier. */
export function hasCarrier(ref: NetnsRef, ifName: string): boolean {
  return inNetns(ref, (socket) => findLink(socket, ifName).carrier);
}

/** The refusal of a link on which nothing can answer. */
export function noCarrier(ifName: string): CniError {
  const details = "the link that it leads to is down or not connected";
  return tryAgain(`interface ${ifName} has no carrier`, { details });
}

/** Opens the namespace and an rtnetlink socket in it, for the time of the action. */
export function inNetns<T>(ref: NetnsRef, action: (socket: RouteSocket, netns: Netns) => T): T {
  using netns = openNetnsRef(ref);
  using socket = RouteSocket.open(netns);
  return action(socket, netns);
}
