/** ADD and DEL on a simulated machine: by files alone, as the plugin does them. */
import type { Ip, Prefix } from "../../src/addr/index.ts";
import type { Servable } from "../../src/fleet/index.ts";
import { addressesOf } from "./addresses.ts";
import { believes, servedBy } from "./belief.ts";
import type { Chance } from "./chance.ts";
import type { Judge } from "./judge.ts";
import type { Disk, Machine } from "./machine.ts";
import type { Process } from "./process.ts";

/** An ADD waits so long for an address. */
export const ADD_LIMIT_MS = 30_000;
/** It looks anew at least this often. */
const LOOK_MS = 1000;

export interface AddOptions {
  readonly machine: Machine;
  readonly process: Process;
  readonly container: string;
  readonly judge: Judge;
  readonly chance: Chance;
  /** Wakes the member. */
  readonly need: () => void;
  /** Faults of the plugin, for the proof that they are noticed: it does not look again. */
  readonly isBlind?: boolean;
  /** It does not look at the time of the last confirmation. */
  readonly isTimeless?: boolean;
}

/** The addresses that the container was given, one of each subnet; undefined when none came in time. */
export async function add(options: AddOptions): Promise<readonly Ip[] | undefined> {
  const { machine, process, container, judge, isTimeless } = options;
  const clock = machine.clock(process);
  const end = clock.now() + ADD_LIMIT_MS;
  let askAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const addresses = await reserve(options);
    if (addresses !== undefined) {
      await process.step("looks again");
      if (options.isBlind === true || addresses.every((ip) => believes(machine, ip, isTimeless))) {
        judge.born({ container, machine, addresses, lost: new Set() });
        await process.step("answers");
        return addresses;
      }
      await release(machine, process, container);
    }
    if (clock.now() >= end) return undefined;
    if (clock.now() >= askAtMs) {
      askAtMs = clock.now() + LOOK_MS;
      options.need();
    }
    await machine.pictureChanged(process, LOOK_MS);
  }
}

/** Frees what the container has: whatever is gone already. */
export async function del(machine: Machine, process: Process, container: string): Promise<void> {
  await release(machine, process, container);
}

async function reserve(options: AddOptions): Promise<readonly Ip[] | undefined> {
  const { machine, process, container, isTimeless } = options;
  return underLock(machine, process, async () => {
    const served = servedBy(machine, isTimeless);
    if (served === undefined || served.length === 0) return undefined;
    const { reservations } = machine.disk;
    const found = served.map((subnet) => freeOf(subnet, reservations, options.chance));
    const addresses = found.filter((ip) => ip !== undefined);
    if (addresses.length < found.length) return undefined;
    await process.step("reserves");
    for (const ip of addresses) reservations.set(ip.toString(), { ip, container });
    return addresses;
  });
}

async function release(machine: Machine, process: Process, container: string): Promise<void> {
  await underLock(machine, process, async () => {
    await process.step("frees");
    for (const [ip, reservation] of machine.disk.reservations) {
      if (reservation.container === container) machine.disk.reservations.delete(ip);
    }
  });
}

function freeOf(
  { subnet, gateway, prefixes }: Servable,
  reservations: Disk["reservations"],
  chance: Chance,
): Ip | undefined {
  const start = Math.floor(chance.next() * prefixes.length);
  for (let at = 0; at < prefixes.length; at++) {
    const prefix = prefixes[(at + start) % prefixes.length];
    for (const ip of addressesOf(String(prefix))) {
      const isOwn = gateway?.equals(ip) === true;
      if (!reservations.has(ip.toString()) && !isOwn && isUsable(subnet, ip)) return ip;
    }
  }
  return undefined;
}

/** Whether a container may have the address: not the subnet's own ones. */
export function isUsable(subnet: Prefix, ip: Ip): boolean {
  return !ip.equals(subnet.first()) && subnet.broadcast?.equals(ip) !== true;
}

async function underLock<T>(
  machine: Machine,
  process: Process,
  work: () => Promise<T>,
): Promise<T> {
  await machine.lock.take(process);
  try {
    return await work();
  } finally {
    machine.lock.release(process);
  }
}
