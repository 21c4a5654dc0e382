/** Keeping operations and calls apart, within this process and between processes. */
export type { Claim } from "./claim.ts";
export { randomHex, sha256 } from "./digest.ts";
export { bootId, livenessOf, ownIdentity, type ProcessIdentity } from "./identity.ts";
export { type AcquireOptions, Locks, type Release } from "./locks.ts";
