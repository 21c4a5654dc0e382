/** What a node holds of a fleet, as the ranges that reservations are made from. */
import { Ip, Prefix } from "../../../addr/index.ts";
import { isReservedIn } from "../../../cluster/config/index.ts";
import type { Need, Picture, Servable } from "../../../fleet/index.ts";
import { tryAgain } from "../../../state/index.ts";
import {
  capacity,
  type RangeSet,
  type RequestedIp,
  rangeFor,
  rangeOf,
} from "../../../state/reservations/index.ts";
import type { Wish } from "../config.ts";

/** Where one container's addresses may come from, or what is missing for that. */
export type Outlook =
  | {
      readonly needs?: undefined;
      readonly sets: readonly RangeSet[];
      readonly requested: readonly RequestedIp[];
    }
  | { readonly needs: readonly Need[] };

/** The ranges of one subnet; none before the node's first block. */
export function rangeSetOf(served: Servable, sticky: Picture["sticky"]): RangeSet {
  const { subnet, gateway, prefixes } = served;
  if (gateway === undefined) return [];
  const following = addressesIn(sticky).filter((ip) => subnet.contains(ip));
  const ends = [subnet.first(), subnet.last()].filter((ip) => isReservedIn(subnet, ip));
  const kept = [...ends, ...following];
  return prefixes.map((prefix) => rangeOf(subnet, prefix, { gateway, kept }));
}

/** The same of what many ADDs find in one picture. */
const SETS = new WeakMap<
  Servable,
  { readonly sticky: Picture["sticky"]; readonly set: RangeSet }
>();

function knownSetOf(served: Servable, sticky: Picture["sticky"]): RangeSet {
  const known = SETS.get(served);
  if (known !== undefined && known.sticky === sticky) return known.set;
  const set = rangeSetOf(served, sticky);
  SETS.set(served, { sticky, set });
  return set;
}

/** What the node has at hand for a container that wishes this. */
export function outlookOf(
  served: readonly Servable[],
  wishes: readonly Wish[],
  {
    sticky,
    following,
  }: { readonly sticky: Picture["sticky"]; readonly following?: string | undefined },
): Outlook {
  const sets = served.map((each) => knownSetOf(each, sticky));
  const requested: RequestedIp[] = [];
  const needs = wishes.flatMap((wish, subnet): Need[] => {
    const set = sets[subnet] ?? [];
    refuseFollowing(wish, { following, sticky });
    const asked = wish.requested ?? followed({ wish, following, sticky });
    if (asked !== undefined && rangeFor(set, asked.ip) !== undefined) {
      requested.push(asked);
      return [];
    }
    if (wish.requested !== undefined) return [{ subnet, address: wish.requested.ip }];
    if (following !== undefined) return [{ subnet, sticky: following }];
    return capacity(set) > 0n ? [] : [{ subnet }];
  });
  return needs.length > 0 ? { needs } : { sets, requested };
}

/** An address that follows another name is kept for that one, also while no container has it. */
function refuseFollowing(
  { requested }: Wish,
  names: { readonly sticky: Picture["sticky"]; readonly following: string | undefined },
): void {
  const text = requested?.ip.toString();
  for (const [name, addresses] of Object.entries(names.sticky ?? {})) {
    if (text === undefined || name === names.following || !addresses.includes(text)) continue;
    throw tryAgain(`requested IP address ${text} is not available`, {
      details: `asked for by ${requested?.from}; it follows the name ${name}`,
    });
  }
}

/** What an ADD needs that does not know what the node has. */
export function needsOf(wishes: readonly Wish[], following: string | undefined): Need[] {
  return wishes.map(({ requested }, subnet): Need => {
    if (requested !== undefined) return { subnet, address: requested.ip };
    return following === undefined ? { subnet } : { subnet, sticky: following };
  });
}

/** The address that follows the container's name, where it is on this node. */
function followed({
  wish: { subnet },
  following,
  sticky,
}: {
  readonly wish: Wish;
  readonly following: string | undefined;
  readonly sticky: Picture["sticky"];
}): RequestedIp | undefined {
  if (following === undefined || sticky === undefined) return undefined;
  const texts = Object.hasOwn(sticky, following) ? (sticky[following] ?? []) : [];
  const ip = texts.map((text) => Ip.tryParse(text)).find((each) => each && subnet.contains(each));
  return ip === undefined ? undefined : { ip, from: "the container's name", code: 7 };
}

function addressesIn(sticky: Picture["sticky"]): Ip[] {
  if (sticky === undefined) return [];
  return Object.values(sticky)
    .flat()
    .flatMap((text) => Ip.tryParse(text) ?? []);
}

/** The pieces of each subnet that were this node's, and are another's by now. */
export function lostSets({ subnets }: Picture): RangeSet[] {
  return subnets.map(({ subnet: text, holdings }) => {
    const subnet = Prefix.parse(text);
    return holdings
      .filter(({ state }) => state === "lost")
      .map(({ prefix }) => {
        const kept: Ip[] = [];
        return rangeOf(subnet, Prefix.parse(prefix), { gateway: subnet.ip, kept });
      });
  });
}
