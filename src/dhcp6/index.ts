/** The client's side of DHCP for IPv6: messages and what follows what. Without I/O. */
export { CLIENT_PORT, DUID_UUID, MessageType, OptionCode, SERVER_PORT } from "./constant.ts";
export { type Client, Exchange, type Goal, type Outcome, releaseMessage } from "./exchange.ts";
export type { Lease } from "./lease.ts";
export { decodeMessage, encodeMessage, type Message } from "./message.ts";
export type { Option } from "./options.ts";
