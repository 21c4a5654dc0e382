export { type Endpoint, WG_KEY_LEN } from "./attribute.ts";
export {
  type Device,
  type DeviceChange,
  decodeDevice,
  getMessage,
  type Peer,
  type PeerSpec,
  setMessages,
} from "./message.ts";
export { WireguardSocket } from "./socket.ts";
