export { collectDevices } from "./collect.ts";
export { type DeviceHints, holderOf } from "./home.ts";
export { HostNetwork } from "./network.ts";
export { NetworkStep } from "./network-step.ts";
export { type DeviceRecord, DeviceRecords } from "./record.ts";
export { type DeviceConfig, DeviceStep } from "./step.ts";
