import { readdirSync } from "node:fs";
import { Ip, Prefix } from "../../addr/index.ts";
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
  readonly free: number;
  /** Addresses of living containers that are not this node's any more. */
  readonly lost: number;
  /** Seconds since the store has confirmed all of this; absent when it has not since the machine started. */
  readonly confirmedSeconds?: number;
}

const MS = 1000;

/** Reads no file but the picture: names of reservations are their addresses. */
export function holdingsOf(
  { subnets, confirmed }: Picture,
  dir: ReservationDir,
  clock: Pick<Clock, "now" | "boot">,
): Holdings {
  const all = subnets.flatMap(({ holdings }) => holdings);
  const of = (state: string): Prefix[] =>
    all.filter((each) => each.state === state).map(({ prefix }) => Prefix.parse(prefix));
  const [held, lost] = [of("held"), of("lost")];
  const names = reservedNames(dir).flatMap((name) => Ip.tryParse(name) ?? []);
  const count = (prefixes: readonly Prefix[]): number =>
    names.filter((ip) => prefixes.some((prefix) => prefix.contains(ip))).length;
  const addresses = held.reduce((sum, prefix) => sum + sizeOf(prefix), 0);
  const reserved = count(held);
  const isOfNow = confirmed !== undefined && confirmed.boot === clock.boot;
  return {
    ...{ blocks: held.length, addresses, reserved },
    ...{ free: addresses - reserved, lost: count(lost) },
    ...(isOfNow ? { confirmedSeconds: Math.max(0, clock.now() - confirmed.atMs) / MS } : {}),
  };
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
