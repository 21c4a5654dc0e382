export { movedDevice } from "./device.ts";
export {
  type DeviceName,
  deviceOfAuxiliary,
  deviceOfMac,
  deviceOfName,
  deviceOfPath,
  deviceOfPci,
} from "./device-name.ts";
export { NetworkPiece } from "./host-network.ts";
export { HostNetwork } from "./network.ts";
export { UserspaceDevice } from "./userspace.ts";
