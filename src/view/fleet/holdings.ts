import { readdirSync } from "node:fs";
import { Ip, Prefix } from "../../addr/index.ts";
import { isReservedIn } from "../../cluster/config/index.ts";
import type { Clock, Picture } from "../../fleet/index.ts";
import { isAbsent } from "../../state/files/index.ts";
import { pathOf, type ReservationDir } from "../../state/reservations/index.ts";

/** What this node has of a fleet's network, in numbers. */
export interface Holdings {
  /** Blocks, and parts of blocks, that ADD may reserve from. */
  readonly blocks: number;
  /** Addresses in them. */
  readonly addresses: number;
  readonly reserved: number;
  /** What a container could still get: not the node's own address, the subnet's ends, and what follows a name. */
  readonly free: number;
  /** Addresses of living containers that are not this node's any more. */
  readonly lost: number;
  /** Seconds since the store has confirmed all of this; absent when it has not since the machine started. */
  readonly confirmedSeconds?: number;
}

const MS = 1000;

/** Reads no file but the picture: names of reservations are their addresses. */
export function holdingsOf(
  picture: Picture,
  dir: ReservationDir,
  clock: Pick<Clock, "now" | "boot">,
): Holdings {
  const { subnets, confirmed } = picture;
  const all = subnets.flatMap(({ holdings }) => holdings);
  const of = (state: string): Prefix[] =>
    all.filter((each) => each.state === state).map(({ prefix }) => Prefix.parse(prefix));
  const [held, lost] = [of("held"), of("lost")];
  const names = reservedNames(dir).flatMap((name) => Ip.tryParse(name) ?? []);
  const count = (prefixes: readonly Prefix[]): number =>
    names.filter((ip) => prefixes.some((prefix) => prefix.contains(ip))).length;
  const addresses = held.reduce((sum, prefix) => sum + sizeOf(prefix), 0);
  const reserved = count(held);
  const isTaken = new Set(names.map(String));
  const kept = keptBy(picture).filter((ip) => {
    return !isTaken.has(ip.toString()) && held.some((prefix) => prefix.contains(ip));
  });
  const isOfNow = confirmed !== undefined && confirmed.boot === clock.boot;
  return {
    ...{ blocks: held.length, addresses, reserved },
    ...{ free: addresses - reserved - kept.length, lost: count(lost) },
    ...(isOfNow ? { confirmedSeconds: Math.max(0, clock.now() - confirmed.atMs) / MS } : {}),
  };
}

/** Addresses that are for no container, or for that of a name alone; each once. */
function keptBy({ subnets, sticky = {} }: Picture): Ip[] {
  const all = subnets.flatMap(({ subnet: text, gateway }) => {
    const subnet = Prefix.parse(text);
    const ends = [subnet.first(), subnet.last()].filter((ip) => isReservedIn(subnet, ip));
    return [...ends.map(String), ...(gateway === undefined ? [] : [gateway])];
  });
  const kept = new Set([...all, ...Object.values(sticky).flat()]);
  return [...kept].flatMap((text) => Ip.tryParse(text) ?? []);
}

/** Whether a container on this node has an address of the network. */
export function hasReservations(dir: ReservationDir): boolean {
  return reservedNames(dir).some((name) => Ip.tryParse(name) !== undefined);
}

function reservedNames(dir: ReservationDir): string[] {
  try {
    return readdirSync(pathOf(dir));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function sizeOf({ family, length }: Prefix): number {
  return 2 ** ((family === 4 ? 32 : 128) - length);
}
