import { Ip } from "../../addr/index.ts";
import type { MapForm, MapNodeForm } from "../../forms/index.ts";

/** A port of the host; of one of its addresses, or of any of a family, where one is named. */
export interface AskedPort {
  readonly kind: "port";
  readonly port: number;
  readonly protocol?: string | undefined;
  readonly ip?: Ip | undefined;
}

/** What a path is asked of. */
export type Asked =
  | AskedPort
  | { readonly kind: "address"; readonly ip: Ip }
  /** One of the ports on the map. */
  | { readonly kind: "node"; readonly node: MapNodeForm };

const PORT_MAX = 65_535;
const PORT = String.raw`(?:(?:(?<v4>[\d.]+)|\[(?<v6>[\da-f:.]+)\]):)?(?<port>\d{1,5})`;
const BEFORE = new RegExp(String.raw`^(?:(?<protocol>tcp|udp|sctp)[ /:]\s*)?${PORT}$`, "iu");
const BEHIND = new RegExp(`^${PORT}/(?<protocol>tcp|udp|sctp)$`, "iu");

/**
 * Reads `8080`, `tcp 8080`, `8080/tcp`, `192.0.2.1:8080`, `[::]:8080/tcp`, `10.1.0.7`, or the identity of a port's
 * node; else undefined.
 */
export function parseAsked(map: MapForm, text: string): Asked | undefined {
  const asked = text.trim();
  const groups = (BEFORE.exec(asked) ?? BEHIND.exec(asked))?.groups;
  if (groups !== undefined) {
    const { port: digits, protocol, v4, v6 } = groups;
    const port = Number(digits);
    const named = v4 ?? v6;
    const ip = named === undefined ? undefined : Ip.tryParse(named);
    if (port < 1 || port > PORT_MAX || (named !== undefined && ip === undefined)) return undefined;
    return { kind: "port", port, protocol: protocol?.toLowerCase(), ip };
  }
  const ip = Ip.tryParse(asked);
  if (ip !== undefined) return { kind: "address", ip };
  const node = map.nodes.find(({ id, kind }) => kind === "port" && id === text);
  return node && { kind: "node", node };
}
