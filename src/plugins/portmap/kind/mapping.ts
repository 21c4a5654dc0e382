import { Ip, Prefix } from "../../../addr/index.ts";
import { isObject, type JsonObject, type JsonValue, type Result } from "../../../spec/index.ts";

/** Protocols that have ports. */
export const PROTOCOLS = ["tcp", "udp", "sctp", "dccp"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A port of the host that leads to one of the container. */
export interface PortMapping {
  /** 1 to 65535, both. */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** Address of the host that it is restricted to; the unspecified one restricts the family only. */
  readonly hostIp: Ip | undefined;
}

/** A mapping and the container's address that it leads to. */
export interface Target {
  readonly mapping: PortMapping;
  readonly address: Ip;
  /** Absent for every address of the host. */
  readonly hostIp: Ip | undefined;
}

/**
 * Every mapping paired with the container's address of each family that it is for. Of several that
 * want the same port of the host, the first counts.
 */
export function targetsOf(mappings: readonly PortMapping[], addresses: readonly Ip[]): Target[] {
  const targets = mappings.flatMap((mapping) =>
    addresses
      .filter(({ family }) => mapping.hostIp === undefined || mapping.hostIp.family === family)
      .map((address) => ({
        mapping,
        address,
        hostIp: mapping.hostIp?.isUnspecified === true ? undefined : mapping.hostIp,
      })),
  );
  const taken = new Set<string>();
  return targets.filter(({ mapping, address, hostIp }) => {
    const key = hostPortKey(mapping, address.family, hostIp);
    return taken.has(key) ? false : taken.add(key);
  });
}

/** The first two mappings that lead the same port of the host to different ports; see `targetsOf`. */
export function conflictOf(
  mappings: readonly PortMapping[],
): readonly [PortMapping, PortMapping] | undefined {
  const taken = new Map<string, PortMapping>();
  for (const mapping of mappings) {
    const { hostIp } = mapping;
    for (const family of hostIp === undefined ? ([4, 6] as const) : [hostIp.family]) {
      const only = hostIp?.isUnspecified === true ? undefined : hostIp;
      const key = hostPortKey(mapping, family, only);
      const other = taken.get(key);
      if (other !== undefined && other.containerPort !== mapping.containerPort) {
        return [other, mapping];
      }
      taken.set(key, mapping);
    }
  }
  return undefined;
}

function hostPortKey(
  { protocol, hostPort }: PortMapping,
  family: 4 | 6,
  hostIp: Ip | undefined,
): string {
  return `${family} ${protocol} ${hostPort} ${hostIp?.toString() ?? "any"}`;
}

/** For people: `tcp 127.0.0.1:8080 → 10.1.0.5:80`. */
export function targetText({ mapping, address, hostIp }: Target): string {
  const from = hostIp === undefined ? `port ${mapping.hostPort}` : at(hostIp, mapping.hostPort);
  return `${mapping.protocol} ${from} → ${at(address, mapping.containerPort)}`;
}

/** An address with a port, as one writes it. */
export function at(ip: Ip, port: number): string {
  return ip.family === 4 ? `${ip.toString()}:${port}` : `[${ip.toString()}]:${port}`;
}

/**
 * The addresses of a result that mappings lead to, of those of the container's interface and of
 * those that name no interface at all; see `mappedAddresses`.
 */
export function containerAddresses(result: Result, ifName: string): Prefix[] {
  const own = result.ips.filter((ip) => {
    const place = ip.interface === undefined ? undefined : result.interfaces[ip.interface];
    if (place === undefined) return true;
    return place.name === ifName && (place.sandbox ?? "") !== "";
  });
  return mappedAddresses(own.map(({ address }) => Prefix.parse(address)));
}

/** The container's addresses that mappings lead to: the first of each family, IPv4 first. */
export function mappedAddresses(addresses: readonly Prefix[]): Prefix[] {
  return ([4, 6] as const).flatMap((family) => {
    const first = addresses.find(({ ip }) => ip.family === family);
    return first === undefined ? [] : [first];
  });
}

/** A target as it stands in an owner record. */
export function targetToJson({ mapping, address, hostIp }: Target): JsonObject {
  const { hostPort, containerPort, protocol } = mapping;
  const record = { hostPort, containerPort, protocol, address: address.toString() };
  return hostIp === undefined ? record : { ...record, hostIp: hostIp.toString() };
}

/** Reads what `targetToJson` wrote; undefined when it is something else. */
export function targetFromJson(json: JsonValue): Target | undefined {
  if (!isObject(json)) return undefined;
  const { hostPort, containerPort, address: text, hostIp: hostText } = json;
  const protocol = PROTOCOLS.find((each) => each === json["protocol"]);
  const address = typeof text === "string" ? Ip.tryParse(text) : undefined;
  const hostIp = typeof hostText === "string" ? Ip.tryParse(hostText) : undefined;
  if (typeof hostPort !== "number" || typeof containerPort !== "number") return undefined;
  if (protocol === undefined || address === undefined) return undefined;
  return { mapping: { hostPort, containerPort, protocol, hostIp }, address, hostIp };
}
