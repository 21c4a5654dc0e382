export { type Family, Ip } from "./ip.ts";
export { Mac } from "./mac.ts";
export { Prefix } from "./prefix.ts";
