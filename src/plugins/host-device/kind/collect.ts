import type { ValidAttachment } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { staleMarks } from "../../../state/owner/index.ts";
import type { DeviceRecords } from "./record.ts";
import { releaseDevice, settleReleased } from "./release.ts";

/** For GC: devices of attachments that are gone come home, and names are given that DEL could not. */
export async function collectDevices(
  namespaces: Namespaces,
  network: string,
  valid: readonly ValidAttachment[],
  records: DeviceRecords,
  log: (text: string) => void,
): Promise<void> {
  settleReleased(namespaces, records, log);
  await records.store.collect(network, staleMarks(network, valid), async (owner) => {
    const hints = { device: "", macs: [] };
    await releaseDevice({ namespaces, owner, records, hints, log });
  });
}
