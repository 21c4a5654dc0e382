/** IPv6 addresses that an interface forms itself from router advertisements (RFC 4862). */

export { slaac } from "./config.ts";
export { autoconfigured, checkAutoconfigured, withAutoconfigured } from "./kind.ts";
