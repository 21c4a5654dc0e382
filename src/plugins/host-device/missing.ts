import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import type { DeviceName } from "./device-name.ts";
import { type DeviceRecords, holderOf } from "./kind/index.ts";

/** The error of an ADD whose device is not on the host: another container may have it. */
export function missingDevice(device: DeviceName, records: DeviceRecords): CniError {
  const holder = holderOf(records, device.isOf);
  if (holder === undefined) {
    const msg = `failed to find host device: ${device.missing}`;
    return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg);
  }
  return new CniError(ErrorCode.TRY_AGAIN_LATER, `${device.label} is in use: ${holder} has it`, {
    details:
      "network, container and interface of the attachment; DEL for it brings the device back",
  });
}

/**
 * Succeeds while the device is on the host or in a container that it was given to: the network is
 * whole then, and the next container's turn comes.
 * @throws CniError of code 50.
 */
export function verifyStatus(
  device: DeviceName,
  records: DeviceRecords,
  namespaces: Namespaces,
): void {
  if (device.find(namespaces) !== undefined || device.isAnywhere()) return;
  if (holderOf(records, device.isOf) !== undefined) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `failed to find host device: ${device.missing}`,
  );
}
