/** Keeping operations apart, within this process and between processes. */
export type { Claim } from "./claim.ts";
export { bootId, livenessOf, ownIdentity, type ProcessIdentity } from "./identity.ts";
export { type AcquireOptions, Locks, type Release } from "./locks.ts";
