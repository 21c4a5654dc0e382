import { isObject, type JsonObject, type JsonValue } from "../../src/spec/index.ts";
import { documents } from "../../tools/schemas/documents.ts";

/** Why a parser and a schema may judge a configuration differently: nothing else may. */

export interface Reason {
  readonly why: string;
  /** A plugin's configuration that the two judge differently. */
  readonly example: JsonObject;
  /** What the parser says, where it alone refuses. */
  readonly refusal?: RegExp;
  /** What the schema says, where it alone refuses. */
  readonly objection?: RegExp;
  /** What has to hold for the configuration beside. */
  readonly when?: (network: JsonValue) => boolean;
}

export const REASONS: readonly Reason[] = [
  {
    why: "keys match without regard to case: editors help to write the spelling of the manuals",
    example: { type: "bridge", MTU: "1500" },
    refusal: /./u,
    objection: /./u,
    when: hasOtherSpelling,
  },
  {
    why: "one key rules out another, or needs it",
    example: { type: "bridge", hairpinMode: true, promiscMode: true },
    refusal:
      /exclude each other|does not go with|do not go with|at the same time|cannot use IPAM|Cannot specify|needs the ipvlan mode|if (?:rate|burst) is set|minID|useInterfaceNetwork is not supported/u,
  },
  {
    why: "the sum, the product or the order of values counts",
    example: { type: "sbr", gateways: ["10.1.0.1", "10.1.0.2"] },
    refusal:
      /burst cannot be more|at least 8 bits|is mapped twice|Invalid range \d|bytes, of at most|multiple IPv[46] addresses|gateway .* is of another family/u,
  },
  {
    why: "ranges are compared with their subnet and with each other",
    example: { type: "ptp", ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.1/16" }]] } },
    refusal: /^invalid range set|range set \d+ overlaps|cannot understand exclude/u,
  },
  {
    why: "subnets of a fleet are compared with each other, and blocks with their subnet",
    example: {
      type: "ptp",
      ipam: { type: "cluster", subnet: "10.1.0.0/16", blockSize: 8, store: { files: {} } },
    },
    refusal:
      /do not fit subnet|is of IPv[46], and no subnet is|too many blocks|are both of IPv|overlap|host bits set|is too small$|no interface may have/u,
  },
  {
    why: "endpoints, certificates and times are compared with each other",
    example: {
      type: "ptp",
      ipam: {
        ...{ type: "cluster", subnet: "10.1.0.0/16" },
        store: { etcd: { endpoints: ["http://a:1", "https://b:1"] } },
      },
    },
    refusal:
      /others http|for endpoints with https|belong together|too short for a lease|invalid (?:lease|wait)/u,
  },
  {
    why: "an MTU has to carry the addresses that are asked for",
    example: { type: "vlan", master: "eth0", mtu: 1279, slaac: true },
    refusal: /must be at least 1280/u,
  },
  {
    why: "words of rules choose a backend, and quotes come in pairs",
    example: { type: "portmap", conditionsV4: ["say", '"x'] },
    refusal: /conditionsV[46]|externalSetMarkChain|a quote without its end/u,
  },
  {
    why: "the kernel knows which devices there are",
    example: { type: "host-device", runtimeConfig: { deviceID: "ffff:ff:ff.7" } },
    refusal: /PCI device|not found or unsupported/u,
  },
  {
    why: "what runtimes fill in and what stands in args.cni is read by what is asked for there",
    example: { type: "bridge", args: { cni: { mac: "none" } } },
    refusal: /invalid MTU|net sysctl key|runtimeConfig|args|'ips' field|cannot understand ip/u,
    when: (network) => /"(?:args|runtimeConfig)"/u.test(JSON.stringify(network)),
  },
  {
    why: "the length of a name counts in bytes of UTF-8",
    example: { type: "bridge", bridge: "é".repeat(10) },
    refusal: /name .* must have 1 to 1|invalid master name|value too long/u,
    when: (network) => /[^\0-\x7f]/u.test(JSON.stringify(network)),
  },
  {
    why: "the first key that names a device counts, and the others are not looked at",
    example: { type: "host-device", device: "eth1", hwaddr: "none" },
    objection: /(?:hwaddr|kernelpath) must match/u,
  },
  {
    why: "of a single range nothing is looked at when it has no subnet",
    example: { type: "dummy", ipam: { type: "host-local", rangeStart: "none" } },
    objection: /ipam\/(?:rangeStart|rangeEnd|gateway) must match/u,
  },
  {
    why: "of several MACs the one that counts is looked at, and no other",
    example: { type: "macvlan", mac: "none", runtimeConfig: { mac: "02:00:00:00:00:07" } },
    objection: /\/mac must match/u,
  },
];

/** The reason that explains a difference; undefined where none does. */
export function reasonFor(
  network: JsonValue,
  said: { readonly refusal: string | undefined; readonly objection: string | undefined },
): Reason | undefined {
  return REASONS.find(({ refusal, objection, when }) => {
    if (when?.(network) === false) return false;
    if (said.refusal !== undefined) return refusal?.test(said.refusal) === true;
    return said.objection !== undefined && objection?.test(said.objection) === true;
  });
}

const KEYS = keysIn(Object.fromEntries(await documents()));
const FOLDED = new Map([...KEYS].map((key) => [key.toLowerCase(), key]));

function keysIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const look = (each: unknown): void => {
    if (Array.isArray(each)) each.forEach(look);
    if (typeof each !== "object" || each === null) return;
    for (const [name, member] of Object.entries(each)) {
      if (name === "properties") for (const key of Object.keys(member as object)) found.add(key);
      look(member);
    }
  };
  look(value);
  return found;
}

function hasOtherSpelling(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasOtherSpelling);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, member]) => {
    return (!KEYS.has(key) && FOLDED.has(key.toLowerCase())) || hasOtherSpelling(member);
  });
}
