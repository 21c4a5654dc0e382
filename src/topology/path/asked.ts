import { Ip } from "../../addr/index.ts";
import type { MapForm, MapNodeForm } from "../../forms/index.ts";

/** What a path is asked of. */
export type Asked =
  | { readonly kind: "port"; readonly port: number; readonly protocol?: string | undefined }
  | { readonly kind: "address"; readonly ip: Ip }
  /** One of the ports on the map. */
  | { readonly kind: "node"; readonly node: MapNodeForm };

const PORT_MAX = 65_535;
const BEFORE = /^(?:(?<protocol>tcp|udp|sctp)[ /:]\s*)?(?<port>\d{1,5})$/iu;
const BEHIND = /^(?<port>\d{1,5})\/(?<protocol>tcp|udp|sctp)$/iu;

/** Reads `8080`, `tcp 8080`, `8080/tcp`, `10.1.0.7`, or the identity of a port's node; else undefined. */
export function parseAsked(map: MapForm, text: string): Asked | undefined {
  const asked = text.trim();
  const groups = (BEFORE.exec(asked) ?? BEHIND.exec(asked))?.groups;
  if (groups !== undefined) {
    const port = Number(groups["port"]);
    if (port < 1 || port > PORT_MAX) return undefined;
    return { kind: "port", port, protocol: groups["protocol"]?.toLowerCase() };
  }
  const ip = Ip.tryParse(asked);
  if (ip !== undefined) return { kind: "address", ip };
  const node = map.nodes.find(({ id, kind }) => kind === "port" && id === text);
  return node && { kind: "node", node };
}
