export { systemBusAddress } from "./address.ts";
export { Bus, type BusOptions, type MethodCall, type Signal } from "./bus.ts";
export { BusUnavailable, DbusError } from "./error.ts";
