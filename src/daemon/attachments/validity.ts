import {
  type Attachment,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
} from "../../spec/index.ts";

/** The key of the specification, and the one that older runtimes write. */
const KEYS: readonly string[] = ["cni.dev/valid-attachments", "cni.dev/attachments"];

/** Of a GC that succeeded: which attachments it left alone. Without a list that is all of them. */
export function validityIn(config: JsonObject | undefined): (attachment: Attachment) => boolean {
  const lists = KEYS.map((key) => (config === undefined ? undefined : field(config, key)));
  const list = lists.find((each) => each !== undefined);
  if (list === undefined) return () => true;
  const valid = new Set((Array.isArray(list) ? list : []).map((item) => keyOf(item)));
  return ({ containerId, ifName }) => valid.has(`${containerId}/${ifName}`);
}

function keyOf(item: JsonValue): string {
  const { containerID, ifname } = isObject(item) ? item : {};
  return typeof containerID === "string" && typeof ifname === "string"
    ? `${containerID}/${ifname}`
    : "";
}
