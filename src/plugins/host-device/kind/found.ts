/** What a DEL or a GC would do with the attachment's device, by the same search; touches nothing. */
import { type Finding, restored, type Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { foundNote } from "../../../state/owner/index.ts";
import { type DeviceToReturn, findRecorded, findUnrecorded, findUnrecordedOnHost } from "./find.ts";
import { type DeviceRecord, deviceRecords } from "./record.ts";
import { openRecorded } from "./release.ts";

/** A device in a container comes back to the host; one that is there gets its name. */
export function foundDevice(scene: Scene): readonly Finding[] {
  const { ctx, owner, namespaces } = scene;
  const records = deviceRecords(ctx);
  const record = records.read(owner);
  const inside = insideOf(scene, record);
  if (inside !== undefined) {
    const { found, hostName } = inside;
    return [restored(`${found.name} of the container goes back to the host, as ${hostName}`)];
  }
  const outside =
    record === undefined ? findUnrecordedOnHost(scene) : findRecorded(namespaces, "host", record);
  const renamed =
    outside === undefined || outside.found.name === outside.hostName
      ? []
      : [restored(`${outside.found.name} on the host is called ${outside.hostName} again`)];
  return [...renamed, ...foundNote(records.store, owner)];
}

/** In the namespace of the call, or in the recorded one where the call names none. */
function insideOf(scene: Scene, record: DeviceRecord | undefined): DeviceToReturn | undefined {
  const find = (namespaces: Namespaces): DeviceToReturn | undefined =>
    record === undefined
      ? findUnrecorded({ ...scene, namespaces })
      : findRecorded(namespaces, "container", record);
  if (scene.namespaces.netns !== undefined) return find(scene.namespaces);
  using recorded = record === undefined ? undefined : openRecorded(record);
  return recorded && find(recorded.lookOnly());
}
