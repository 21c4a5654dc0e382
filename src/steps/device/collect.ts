import type { ValidAttachment } from "../../spec/index.ts";
import { staleMarks } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";
import type { DeviceRecords } from "./record.ts";
import { releaseDevice, settleReleased } from "./release.ts";

/** For GC: devices of attachments that are gone come home, and names are given that DEL could not. */
export async function collectDevices(
  sides: Sides,
  network: string,
  valid: readonly ValidAttachment[],
  records: DeviceRecords,
  log: (text: string) => void,
): Promise<void> {
  settleReleased(sides, records, log);
  await records.store.collect(network, staleMarks(network, valid), async (owner) => {
    const hints = { device: "", macs: [] };
    await releaseDevice({ sides, owner, records, hints, log });
  });
}
