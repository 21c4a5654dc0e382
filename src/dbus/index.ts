export { systemBusAddress } from "./address.ts";
export { Bus, type BusOptions, type MethodCall } from "./bus.ts";
export { BusUnavailable, DbusError } from "./error.ts";
