export { MemberLock } from "./lock.ts";
