/** Which attachment has an address, what it is to the networks, and which had it before. */
export {
  type AddressHolder,
  type AddressReport,
  type AddressSources,
  lookAtAddress,
} from "./address.ts";
export type { InsideAnswer, KernelAddress } from "./inside.ts";
export type { AddressPlace, AddressRole } from "./place.ts";
