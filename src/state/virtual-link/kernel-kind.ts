import { link, type RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** Kinds of links that stand on another link of their own or on none. */
export type VirtualLinkKind = "macvlan" | "ipvlan" | "vlan" | "dummy";

/** No link can have it: it is a group's. */
const GROUP_ADDRESS = "01:00:00:00:00:00";

/**
 * Whether the kernel can make links of the kind. It is asked for one that it must refuse, so that
 * nothing comes to be: it looks for the kind (and loads its module) before it looks at the rest.
 */
export function kernelHas(socket: RouteSocket, kind: VirtualLinkKind): boolean {
  const impossible = link.newMessage({ name: "probe", kind, address: GROUP_ADDRESS });
  try {
    socket.netlink.request(impossible, `ask for a ${kind} link`);
  } catch (error) {
    return !isKernelError(error, Errno.EOPNOTSUPP);
  }
  throw new CniError(ErrorCode.IO_FAILURE, `the kernel made a ${kind} link with a group's MAC`);
}

/** The error where it cannot. */
export function kindMissing(kind: VirtualLinkKind, cause?: unknown): CniError {
  return new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `the kernel of this host has no ${kind} links`,
    { details: `its module ${MODULES[kind]} is not there or cannot be loaded`, cause },
  );
}

const MODULES = { macvlan: "macvlan", ipvlan: "ipvlan", vlan: "8021q", dummy: "dummy" } as const;
