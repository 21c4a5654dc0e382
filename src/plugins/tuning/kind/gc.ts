import type { ValidAttachment } from "../../../spec/index.ts";
import { decodeBackup } from "./content.ts";
import { listBackups, readBackup, removeBackup } from "./file.ts";

/**
 * Removes the backups of attachments of the network that are not valid any more. Their namespaces
 * are gone or somebody else's, so nothing is restored. A backup of the reference plugin does not
 * say which network it is of, and stays.
 */
export function collectTuning(
  network: string,
  valid: readonly ValidAttachment[],
  dataDir: string,
): void {
  for (const path of listBackups(dataDir)) {
    const whose = decodeBackup(readBackup(path) ?? "")?.whose;
    if (whose?.network !== network) continue;
    const isValid = valid.some(
      ({ containerID, ifname }) => containerID === whose.containerId && ifname === whose.ifName,
    );
    if (!isValid) removeBackup(path);
  }
}
