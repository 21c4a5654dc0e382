export { ipamDelegate, ipamTypeOf } from "./delegate.ts";
export { GivenAddressesStep } from "./given.ts";
export { speaksOverLink } from "./over-link.ts";
export { type IpamDelegate, IpamStep } from "./step.ts";
