/** Makes of a namespace's trace events what the story tells. */
import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import {
  type Nftables,
  type Rule,
  ruleLine,
  type TraceEvent,
} from "../../kernel/nftables/index.ts";
import type { LinkNames } from "./names.ts";
import type { PacketDirection, PacketEvent, PacketPlace, SentPacket } from "./story.ts";

/** More events than a packet of any sane ruleset has; what follows is left out. */
const EVENTS_MAX = 1000;

/**
 * Events of the first packet of each direction: those that are sent again say the same. The kernel's
 * number of a packet may be another at each hook, and so a packet that is sent again is known by this:
 * each passes a base chain once.
 */
export class PacketEvents {
  readonly events: PacketEvent[] = [];
  /** Where the packet was last seen to go; another address where it was translated. */
  destination: Ip | undefined;
  readonly #place: PacketPlace;
  readonly #packet: SentPacket;
  readonly #rules: RuleTexts;
  readonly #names: LinkNames;
  readonly #directions = new Map<number, PacketDirection>();
  /** The base chains that have been passed, with direction and links. */
  readonly #passed = new Set<string>();
  /** Directions whose packet has been sent again. */
  readonly #ended = new Set<PacketDirection>();

  constructor(place: PacketPlace, packet: SentPacket, nft: Nftables, names: LinkNames) {
    this.#place = place;
    this.#packet = packet;
    this.#rules = new RuleTexts(nft);
    this.#names = names;
  }

  add(event: TraceEvent): void {
    const { family, table, chain, type, verdict, handle, target, input, output } = event;
    const direction = this.#directionOf(event);
    if (direction === undefined || this.events.length >= EVENTS_MAX) return;
    const rule = handle === undefined ? undefined : this.#rules.of(event, handle);
    this.events.push({
      ...{ place: this.#place, direction, family, table, chain, type, verdict },
      ...defined({ handle, rule, target }),
      ...defined({ input: this.#names.of(input), output: this.#names.of(output) }),
    });
    if (direction !== "request" || event.network === undefined) return;
    this.destination = addressesOf(event.network)?.destination ?? this.destination;
  }

  /** By the first event of each base chain, which bears the headers; undefined for a packet sent again. */
  #directionOf({ packet: id, network, ...event }: TraceEvent): PacketDirection | undefined {
    const known = this.#directions.get(id);
    const source = network && addressesOf(network)?.source;
    if (source === undefined) {
      return known !== undefined && this.#ended.has(known) ? undefined : known;
    }
    const direction = known ?? (source.equals(this.#packet.source) ? "request" : "answer");
    const { family, table, chain, input, output } = event;
    const place = [direction, family, table, chain, input, output].join(" ");
    if (this.#passed.has(place)) this.#ended.add(direction);
    if (this.#ended.has(direction)) return undefined;
    this.#passed.add(place);
    this.#directions.set(id, direction);
    return direction;
  }
}

/** The addresses of a network header. */
export function addressesOf(
  header: Uint8Array,
): { readonly source: Ip; readonly destination: Ip } | undefined {
  const version = (header[0] ?? 0) >> 4;
  const [from, length] = version === 4 ? [12, 4] : [8, 16];
  if ((version !== 4 && version !== 6) || header.length < from + 2 * length) return undefined;
  return {
    source: Ip.fromBytes(header.slice(from, from + length)),
    destination: Ip.fromBytes(header.slice(from + length, from + 2 * length)),
  };
}

/** The rules of the chains that events name, each chain read once. */
class RuleTexts {
  readonly #nft: Nftables;
  readonly #chains = new Map<string, readonly Rule[]>();

  constructor(nft: Nftables) {
    this.#nft = nft;
  }

  /** Undefined where the rule is gone by now. */
  of({ family, table, chain }: TraceEvent, handle: bigint): string | undefined {
    const key = `${family} ${table} ${chain}`;
    const rules = this.#chains.get(key) ?? this.#nft.listRules(family, table, chain);
    this.#chains.set(key, rules);
    const rule = rules.find((each) => each.handle === handle);
    return rule && ruleLine(rule);
  }
}
