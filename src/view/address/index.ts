/** Who has an address, who is said to have it, what it is to the networks, and who had it. */
export {
  type AddressHolder,
  type AddressReport,
  type AddressSource,
  type AddressSources,
  type AddressUser,
  lookAtAddress,
} from "./address.ts";
export { addressOn, askInside, type InsideAnswer, type KernelAddress } from "./inside.ts";
export type { AddressPlace, AddressRole } from "./place.ts";
