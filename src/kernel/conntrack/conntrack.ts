import {
  BatchError,
  NETLINK_NETFILTER,
  type NetlinkMessage,
  NetlinkSocket,
  type NetlinkSocketOptions,
  UNLIMITED,
} from "../netlink/index.ts";
import { Errno } from "../sys/index.ts";
import { IPCTNL_MSG_CT_GET } from "./constant.ts";
import { checkFilter, encodeDump, type FlowFilter, matches } from "./filter.ts";
import { ctType, decodeFlow, deleteRequest, type Flow } from "./flow.ts";

/** A namespace to work in: see `Netns`. */
type NetnsLike = NonNullable<NetlinkSocketOptions["netns"]>;

/**
 * Deletes the tracked flows that agree with a filter, or with any of several. Returns how many.
 * A flow that ends by itself meanwhile is fine. RangeError for a filter without any field.
 */
export function deleteConntrack(
  filter: FlowFilter | readonly FlowFilter[],
  netns?: NetnsLike,
): number {
  const filters = "length" in filter ? filter : [filter];
  if (filters.length === 0) return 0;
  using socket = NetlinkSocket.open(NETLINK_NETFILTER, { netns });
  return deleteFlows(socket, listMatching(socket, filters));
}

/** The tracked flows that agree with a filter; an empty filter gives all. */
export function listConntrack(filter: FlowFilter = {}, netns?: NetnsLike): Flow[] {
  using socket = NetlinkSocket.open(NETLINK_NETFILTER, { netns });
  return dump(socket, filter);
}

function listMatching(socket: NetlinkSocket, filters: readonly FlowFilter[]): Flow[] {
  for (const filter of filters) checkFilter(filter);
  const [only] = filters;
  if (only !== undefined && filters.length === 1) return dump(socket, only);
  return collect(socket, encodeDump({}), (flow) => filters.some((each) => matches(flow, each)));
}

function dump(socket: NetlinkSocket, filter: FlowFilter): Flow[] {
  return collect(socket, encodeDump(filter), (flow) => matches(flow, filter));
}

/** A machine may track a million flows: those that are not meant are not kept. */
function collect(
  socket: NetlinkSocket,
  payload: Uint8Array,
  isMeant: (flow: Flow) => boolean,
): Flow[] {
  const wanted = (message: NetlinkMessage): Flow | undefined => {
    const flow = decodeFlow(message);
    return flow !== undefined && isMeant(flow) ? flow : undefined;
  };
  const request = { type: ctType(IPCTNL_MSG_CT_GET), flags: 0, payload };
  return socket.collect(request, wanted, { operation: "list conntrack", limit: UNLIMITED });
}

function deleteFlows(socket: NetlinkSocket, flows: readonly Flow[]): number {
  if (flows.length === 0) return 0;
  try {
    const text = "delete conntrack flow";
    socket.batch(
      flows.map(deleteRequest),
      flows.map(() => text),
    );
    return flows.length;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const failure = error.failures.find((one) => one.error.errno !== Errno.ENOENT);
    if (failure !== undefined) throw failure.error;
    return flows.length - error.failures.length;
  }
}
