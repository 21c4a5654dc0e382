/** Packets of the examination, as rules of the packet filter see them. */
import { type Ip, Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { FilterFacts } from "../facts/filter.ts";
import {
  type DecidingRule,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Packet,
} from "../ruleset/index.ts";
import type { Examination } from "./examination.ts";

type Protocol = "tcp" | "udp" | "sctp";

const PROTOCOLS: Readonly<Record<Protocol, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  sctp: IPPROTO_SCTP,
};

/** Stands for the port that a caller's kernel chooses: the first of the dynamic ones (RFC 6335). */
const EPHEMERAL = 49_152;

/** What of a packet differs from packet to packet; see `Packet`. */
export interface PacketSpec {
  readonly source: Ip;
  readonly destination: Ip;
  readonly protocol: Protocol;
  readonly port?: number | undefined;
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly isReply?: boolean;
  readonly isTranslated?: boolean;
}

/** The packet as it is on the host. */
export function packetOf(
  { host, inside, addresses }: Pick<Examination, "host" | "inside" | "addresses">,
  spec: PacketSpec,
): Packet {
  const isSent = addresses.some(({ prefix }) => prefix.ip.equals(spec.source));
  return { ...packetIn(host, spec), mac: isSent ? macOf(inside) : undefined };
}

/** The packet as it is in a namespace, by whose links it comes and goes. */
export function packetIn(links: Pick<FilterFacts, "packetLink">, spec: PacketSpec): Packet {
  const { source, destination, protocol, port, isReply = false, isTranslated = false } = spec;
  return {
    source,
    destination,
    protocol: PROTOCOLS[protocol],
    ...(isReply
      ? { sourcePort: port, destinationPort: EPHEMERAL }
      : { sourcePort: EPHEMERAL, destinationPort: port }),
    input: links.packetLink(spec.input),
    output: links.packetLink(spec.output),
    isReply,
    isTranslated,
  };
}

function macOf({ address }: link.Link): Uint8Array | undefined {
  return address === undefined ? undefined : Mac.tryParse(address)?.bytes;
}

/** Table, chain and rule, as `nft -a list` has them. */
export function nameOfRule({ family, table, chain, handle, comment }: DecidingRule): string {
  const by = handle === undefined ? "the policy of" : "a rule of";
  const which =
    handle === undefined ? "" : ` (handle ${handle}${comment === undefined ? "" : `: ${comment}`})`;
  return `${by} chain ${chain} in table ${family} ${table}${which}`;
}
