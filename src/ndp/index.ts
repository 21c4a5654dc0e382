/** Neighbour discovery as far as a host asks routers: solicitations and advertisements. Without I/O. */
export {
  type AdvertisedPrefix,
  decodeAdvertisement,
  type RouterAdvertisement,
} from "./advertisement.ts";
export { ND_ROUTER_ADVERT } from "./constant.ts";
export { readDomains } from "./domains.ts";
export { solicitationFrame } from "./packet.ts";
