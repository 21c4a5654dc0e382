export { GivenAddressesStep } from "./given.ts";
export { type IpamDelegate, IpamStep } from "./step.ts";
