import { field, isObject, type ValidAttachment } from "../../spec/index.ts";
import { readBackup, removeBackup } from "./backup.ts";
import { linkRecords, sysctlRecords } from "./place.ts";

/**
 * Forgets what attachments of the network had before they were tuned, once they are not valid any
 * more. Their namespaces are gone or somebody else's, so nothing is restored.
 */
export function collectTuning(
  network: string,
  valid: readonly ValidAttachment[],
  env: Readonly<Record<string, string>>,
): void {
  const isValid = (containerId: string, ifName: string): boolean =>
    valid.some(({ containerID, ifname }) => containerID === containerId && ifname === ifName);
  const links = linkRecords(env);
  for (const record of links.list(network)) {
    if (!record.isStale && isValid(record.containerId, record.ifName)) continue;
    const data = isObject(record.data) ? record.data : {};
    const file = field(data, "file");
    // The file is named after container and interface alone: another network may own it by now.
    if (typeof file === "string" && readBackup(file) === field(data, "content")) removeBackup(file);
    links.remove(record);
  }
  const sysctls = sysctlRecords(env);
  for (const record of sysctls.list(network)) {
    if (record.isStale || !isValid(record.containerId, record.ifName)) sysctls.remove(record);
  }
}
