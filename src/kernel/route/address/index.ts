import type { NetlinkMessage } from "../../netlink/index.ts";
import { familiesOf } from "../family.ts";
import type { RouteSocket } from "../socket.ts";
import {
  type Address,
  type AddressFilter,
  type AddressSpec,
  decodeAddress,
  deleteMessage,
  listMessage,
  newMessage,
  RTM_NEWADDR,
  replaceMessage,
} from "./message.ts";

export * from "./attribute.ts";
export * from "./message.ts";

/** Addresses of the namespace, IPv4 first. */
export function list(socket: RouteSocket, filter: AddressFilter = {}): Address[] {
  const { index, limit } = filter;
  return familiesOf(filter.family).flatMap((family) => {
    const wanted = ({ type, payload }: NetlinkMessage): Address | undefined => {
      const address = type === RTM_NEWADDR ? decodeAddress(payload) : undefined;
      return address?.family === family && passes(address, filter) ? address : undefined;
    };
    const reading = { operation: "list addresses", limit };
    return socket.netlink.collect(listMessage(family, index), wanted, reading);
  });
}

/**
 * Gives a link an address; EEXIST when it has it.
 *
 * @example
 * ```ts
 * import { address, link, RouteSocket } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge" });
 * const prefix = Prefix.parse("10.1.0.2/24");
 * address.add(socket, { index, prefix, metric: 50 });
 * address.add(socket, { index, prefix }); // throws KernelError EEXIST: add address 10.1.0.2/24: file exists
 * address.list(socket, { index }).map(({ metric }) => metric); // → [50]
 * address.replace(socket, { index, prefix, lifetimes: { preferred: 60, valid: 120 } });
 * address.list(socket, { index })[0]?.lifetimes?.valid; // → 120
 * address.delete(socket, { index, prefix });
 * address.list(socket, { index }); // → []
 * ```
 */
export function add(socket: RouteSocket, spec: AddressSpec): void {
  socket.netlink.request(newMessage(spec), `add address ${spec.prefix}`);
}

/** Gives a link an address, or changes flags and lifetimes of the one it has. */
export function replace(socket: RouteSocket, spec: AddressSpec): void {
  socket.netlink.request(replaceMessage(spec), `replace address ${spec.prefix}`);
}

/** Takes an address away; EADDRNOTAVAIL when the link does not have it. */
function remove(socket: RouteSocket, spec: AddressSpec): void {
  socket.netlink.request(deleteMessage(spec), `delete address ${spec.prefix}`);
}

export { remove as delete };

/** A kernel that does not narrow by link sends everything. */
function passes(address: Address, { index, where }: AddressFilter): boolean {
  if (index !== undefined && address.index !== index) return false;
  return where?.(address) ?? true;
}
