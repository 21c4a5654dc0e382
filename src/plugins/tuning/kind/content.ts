import { defined } from "../../../base/index.ts";
import {
  type Attachment,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  printJson,
} from "../../../spec/index.ts";

/** Attributes of an interface as they were; only those that were changed. */
export interface Originals {
  mac?: string;
  promisc?: boolean;
  mtu?: number;
  allmulti?: boolean;
  txQLen?: number;
}

/** A sysctl and the value it had. */
export type OriginalSysctl = readonly [path: string, value: string];

/** What there was before a tuning. */
export interface Before {
  readonly attributes: Originals;
  /** Index of the interface that the attributes are of; absent where none was to be changed. */
  readonly index?: number | undefined;
  /** MTU of the interface's other end on the host; absent where it was not to be changed. */
  readonly peerMtu?: number | undefined;
  /** In the order in which they were changed. */
  readonly sysctls: readonly OriginalSysctl[];
}

/** Whose values they are: an attachment's, in a namespace of one boot of the kernel. */
export interface Whose extends Attachment {
  /** Identifies the namespace during the boot. */
  readonly netns: string;
  readonly boot: string;
}

/** A backup of either implementation. */
export interface BackupContent extends Before {
  /** Absent from what the reference plugin wrote. */
  readonly whose?: Whose | undefined;
}

/** The order in which the reference plugin writes its keys. */
const KEYS = ["mac", "promisc", "mtu", "allmulti", "txQLen"] as const;
/** Holds what only we keep. The reference plugin overlooks it. */
const OWN_KEY = "hawser";

/** The text of our backup: the reference plugin's keys in its manner, then ours. */
export function encodeBackup(
  { attributes, index, peerMtu, sysctls }: Before,
  whose: Whose,
): string {
  const json: JsonObject = {};
  for (const key of KEYS) {
    const value = attributes[key];
    if (value !== undefined) json[key] = value;
  }
  const { network, containerId, ifName, netns, boot } = whose;
  json[OWN_KEY] = {
    ...{ network, containerId, ifName, netns, boot },
    ...defined({ index, peerMtu }),
    sysctls: Object.fromEntries(sysctls),
  };
  return printJson(json, 1);
}

/** Reads what either implementation wrote; undefined for what is no backup. */
export function decodeBackup(text: string): BackupContent | undefined {
  let json: JsonValue;
  try {
    json = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const attributes = decodeAttributes(json);
  const own = field(json, OWN_KEY);
  return own === undefined ? { attributes, sysctls: [] } : decodeOwn(attributes, own);
}

function decodeAttributes(json: JsonObject): Originals {
  const { mac, promisc, mtu, allmulti, txQLen } = Object.fromEntries(
    KEYS.map((key) => [key, field(json, key)]),
  );
  return {
    ...(typeof mac === "string" && mac !== "" ? { mac } : {}),
    ...(typeof promisc === "boolean" ? { promisc } : {}),
    ...(typeof mtu === "number" && mtu !== 0 ? { mtu } : {}),
    ...(typeof allmulti === "boolean" ? { allmulti } : {}),
    ...(typeof txQLen === "number" ? { txQLen } : {}),
  };
}

/** Undefined where the key is ours, but does not say whose values they are. */
function decodeOwn(attributes: Originals, json: JsonValue): BackupContent | undefined {
  if (!isObject(json)) return undefined;
  const { network, containerId, ifName, netns, boot, index, peerMtu, sysctls } = json;
  if (typeof network !== "string" || typeof containerId !== "string") return undefined;
  if (typeof ifName !== "string" || typeof netns !== "string") return undefined;
  if (typeof boot !== "string" || sysctls === undefined || !isObject(sysctls)) return undefined;
  const values = Object.entries(sysctls).flatMap(([path, value]): OriginalSysctl[] =>
    typeof value === "string" ? [[path, value]] : [],
  );
  return {
    attributes,
    ...defined({ index: numberOf(index), peerMtu: numberOf(peerMtu) }),
    sysctls: values,
    whose: { network, containerId, ifName, netns, boot },
  };
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** What there was before two tunings. Attributes of an interface that was replaced since are void. */
export function mergeBefore(earlier: Before, now: Before): Before {
  const index = now.index ?? earlier.index;
  const isReplaced = earlier.index !== undefined && earlier.index !== index;
  const known = new Map<string, string>(earlier.sysctls);
  const added = now.sysctls.filter(([path]) => !known.has(path));
  return {
    attributes: { ...now.attributes, ...(isReplaced ? {} : earlier.attributes) },
    index,
    ...defined({ peerMtu: (isReplaced ? undefined : earlier.peerMtu) ?? now.peerMtu }),
    sysctls: [...earlier.sysctls, ...added],
  };
}
