/** What the conventions beside the specification name (CONVENTIONS.md): capabilities, and arguments of CNI_ARGS. */

import type { JsonObject, JsonValue } from "./json/index.ts";
import { setField } from "./json/index.ts";

/** A port of the host that leads to one of the container. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  /** `tcp`, `udp` or `sctp`; absent means `tcp`. */
  readonly protocol?: string | undefined;
  /** Absent or "" means all addresses of the host. */
  readonly hostIP?: string | undefined;
}

/** Limits of an attachment: rates in bits per second, bursts in bits; "ingress" goes to the container. */
export interface Bandwidth {
  readonly ingressRate?: number | undefined;
  readonly ingressBurst?: number | undefined;
  readonly egressRate?: number | undefined;
  readonly egressBurst?: number | undefined;
}

/** A range that addresses are chosen from. */
export interface IpRange {
  readonly subnet: string;
  readonly rangeStart?: string | undefined;
  readonly rangeEnd?: string | undefined;
  readonly gateway?: string | undefined;
}

/** Resolver settings as a runtime supplies them; results have other names for the same. */
export interface DnsCapability {
  readonly servers?: readonly string[] | undefined;
  readonly searches?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

/** The capabilities that the conventions know, with what a runtime supplies for each. */
export interface Capabilities {
  readonly portMappings?: readonly PortMapping[] | undefined;
  readonly bandwidth?: Bandwidth | undefined;
  /** Sets of ranges; the container gets an address of each set. */
  readonly ipRanges?: readonly (readonly IpRange[])[] | undefined;
  /** Addresses, with or without a prefix length. */
  readonly ips?: readonly string[] | undefined;
  readonly mac?: string | undefined;
  readonly infinibandGUID?: string | undefined;
  /** A device of the host, such as `0000:00:1f.6`. */
  readonly deviceID?: string | undefined;
  /** Further names of the container. */
  readonly aliases?: readonly string[] | undefined;
  readonly dns?: DnsCapability | undefined;
  readonly cgroupPath?: string | undefined;
}

/** Arguments of CNI_ARGS that plugins and runtimes know; there may be others. */
export interface CniArgs {
  /** `1` or `true`: plugins overlook arguments that they do not know. */
  readonly IgnoreUnknown?: string | undefined;
  /** An address, with or without a prefix length. */
  readonly IP?: string | undefined;
  readonly GATEWAY?: string | undefined;
  readonly MAC?: string | undefined;
  readonly K8S_POD_NAMESPACE?: string | undefined;
  readonly K8S_POD_NAME?: string | undefined;
  readonly K8S_POD_INFRA_CONTAINER_ID?: string | undefined;
  readonly K8S_POD_UID?: string | undefined;
  readonly [name: string]: string | undefined;
}

/** The arguments that runtimes of Kubernetes send beside `IgnoreUnknown=1`. */
export const KUBERNETES_ARGS = [
  "K8S_POD_NAMESPACE",
  "K8S_POD_NAME",
  "K8S_POD_INFRA_CONTAINER_ID",
  "K8S_POD_UID",
] as const;

/**
 * Arguments of CNI_ARGS as pairs, as a runtime and a delegate take them; what is undefined is left out.
 *
 * @example
 * ```ts
 * import { argsFrom } from "hawser/spec";
 *
 * argsFrom({ IgnoreUnknown: "1", K8S_POD_NAME: "web" }); // → [["IgnoreUnknown", "1"], ["K8S_POD_NAME", "web"]]
 * ```
 */
export function argsFrom(args: CniArgs): [string, string][] {
  return Object.entries(args).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}

/**
 * Values of capabilities as JSON, as a runtime takes them: those of the conventions are checked by their
 * types, and `more` has those that they do not know.
 *
 * @example
 * ```ts
 * import { capabilitiesFrom } from "hawser/spec";
 *
 * capabilitiesFrom({ portMappings: [{ hostPort: 8080, containerPort: 80 }] }, { zone: "b" });
 * // { portMappings: [{ hostPort: 8080, containerPort: 80 }], zone: "b" }
 * capabilitiesFrom({ mac: "c2:11:22:33:44:55" }); // → { mac: "c2:11:22:33:44:55" }
 * ```
 */
export function capabilitiesFrom(known: Capabilities, more: JsonObject = {}): JsonObject {
  const values: JsonObject = { ...more };
  for (const [name, value] of Object.entries(known)) {
    if (value !== undefined) setField(values, name, jsonOf(value));
  }
  return values;
}

/** A copy, without what is undefined. */
function jsonOf(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map((part: unknown) => jsonOf(part));
  if (typeof value !== "object" || value === null) return value as JsonValue;
  const copy: JsonObject = {};
  for (const [key, part] of Object.entries(value)) {
    if (part !== undefined) setField(copy, key, jsonOf(part));
  }
  return copy;
}
