/** The list that GC works from. */
import { errorText } from "../base/index.ts";
import {
  checkContainerId,
  checkIfName,
  field,
  invalidConfig,
  isObject,
  type JsonObject,
  type JsonValue,
  type ValidAttachment,
} from "../spec/index.ts";

/** The key of the specification, and the one that older runtimes write. */
const KEYS = ["cni.dev/valid-attachments", "cni.dev/attachments"] as const;

/**
 * Reads the attachments that still exist. An empty list means that none does; libcni writes it as
 * `null`. No list at all is an error of code 7: taking it for empty would remove everything.
 */
export function readAttachments(config: JsonObject): ValidAttachment[] {
  for (const key of KEYS) {
    const list = field(config, key);
    if (list === undefined) continue;
    if (list === null) return [];
    if (!Array.isArray(list)) throw invalidConfig(`"${key}" must be an array`);
    return list.map((item, index) => readAttachment(item, `${key}[${index}]`));
  }
  throw invalidConfig(
    `GC needs the list "${KEYS[0]}"; an empty one says that no attachment is valid`,
  );
}

function readAttachment(item: JsonValue, where: string): ValidAttachment {
  const containerID = isObject(item) ? field(item, "containerID") : undefined;
  const ifname = isObject(item) ? field(item, "ifname") : undefined;
  if (typeof containerID !== "string" || typeof ifname !== "string") {
    throw invalidConfig(`"${where}" must have the strings "containerID" and "ifname"`);
  }
  try {
    checkContainerId(containerID);
    checkIfName(ifname);
  } catch (cause) {
    throw invalidConfig(`"${where}": ${errorText(cause)}`);
  }
  return listed(containerID, ifname);
}

/**
 * What a plugin finds under the keys of the request. It fails rather than give undefined: a GC by names
 * that are undefined would remove everything.
 */
const WIRE_KEYS: PropertyDescriptorMap = {
  containerID: {
    get(): never {
      throw new TypeError('a valid attachment has its container\'s ID as "containerId"');
    },
  },
  ifname: {
    get(): never {
      throw new TypeError('a valid attachment has its interface\'s name as "ifName"');
    },
  },
};

/** A plain object, so that it compares, copies and lists as its two keys. */
function listed(containerId: string, ifName: string): ValidAttachment {
  return Object.defineProperties({ containerId, ifName }, WIRE_KEYS);
}
