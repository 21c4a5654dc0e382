export { type IpamDelegate, IpamStep } from "./step.ts";
