import type { Context } from "../../../plugin/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Scene } from "../../../state/index.ts";
import type { DeviceName } from "./device-name.ts";
import { deviceRecords } from "./record.ts";
import { isHeld } from "./release.ts";

/** The error of an ADD whose device is not on the host: another container may have it. */
export function missingDevice(ctx: Context, device: DeviceName): CniError {
  const holder = holderOf(ctx, device);
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
export function deviceReady({ ctx, namespaces }: Scene, device: DeviceName): void {
  if (device.find(namespaces) !== undefined || device.isAnywhere?.() === true) return;
  if (holderOf(ctx, device) !== undefined) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `failed to find host device: ${device.missing}`,
  );
}

function holderOf(ctx: Context, { label, isOf }: DeviceName): string | undefined {
  return deviceRecords(ctx).holderOf(
    (record) => (record.label === label || isOf?.(record) === true) && isHeld(record),
  );
}
