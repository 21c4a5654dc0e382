/** The client's side of DHCP for IPv4: messages, frames and what follows what. Without I/O. */
export { CLIENT_PORT, MessageType, OptionCode, SERVER_PORT } from "./constant.ts";
export {
  type Client,
  Exchange,
  type Goal,
  type Outcome,
  releaseMessage,
} from "./exchange.ts";
export {
  type Addressing,
  type Arrival,
  BROADCAST_IP,
  BROADCAST_MAC,
  decodeFrame,
  encodeFrame,
} from "./frame.ts";
export type { Lease, LeaseTimes } from "./lease.ts";
export { decodeMessage, encodeMessage, type Message } from "./message.ts";
export type { Options } from "./options.ts";
export type { LeaseRoute } from "./routes.ts";
export { type Due, nextDue, resendDelays } from "./schedule.ts";
