export { MemberLock } from "./lock.ts";
export { Membership, type MembershipOptions } from "./membership.ts";
export { memberOnce, type OnceOptions, otherConfiguration } from "./once.ts";
