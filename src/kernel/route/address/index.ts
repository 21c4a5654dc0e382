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
  const found: Address[] = [];
  for (const family of familiesOf(filter.family)) {
    const messages = socket.netlink.dump(listMessage(family, filter.index), "list addresses");
    for (const message of messages) {
      if (message.type !== RTM_NEWADDR) {
        continue;
      }
      const address = decodeAddress(message.payload);
      if (address?.family !== family) {
        continue;
      }
      // A kernel that does not filter by link sends everything.
      if (filter.index === undefined || address.index === filter.index) {
        found.push(address);
      }
    }
  }
  return found;
}

/** Gives a link an address; EEXIST when it has it. */
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
