import { Ip, Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import { addressesOf } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { Removable, Rollback } from "../kind.ts";
import { runAll } from "../rollback.ts";
import type { FileScene } from "../scene.ts";
import { type Holding, isHeldBy, isOldHolder } from "./holder.ts";
import { foundReservations, staleReservations } from "./plan.ts";
import { collect, type Removal, release, releaseNamed } from "./release.ts";
import { type ReservationDir, withReservations } from "./reservation-dir.ts";
import type { Reservations } from "./reservations.ts";
import { discardAside } from "./write.ts";

/** The half of a kind that takes reservations away; they are found by identity alone. */
export type ReservationRemoval = Required<
  Pick<Removable<FileScene>, "undo" | "found" | "stale" | "collect">
>;

/** Of the directory that a configuration names; ranges and arguments may have changed since ADD. */
export function reservationRemoval(dirOf: (ctx: Context) => ReservationDir): ReservationRemoval {
  return {
    async undo({ ctx }) {
      const { signal } = ctx;
      const removal = await withReservations(dirOf(ctx), { signal }, async (reservations) => {
        discardAside(reservations.path);
        await reservations.prepare();
        return release(reservations, holdingOf(ctx));
      });
      await throwErrors(removal);
    },

    found: async ({ ctx }) => await foundReservations(dirOf(ctx), holdingOf(ctx)),
    stale: async ({ ctx }, { valid }) => await staleReservations(dirOf(ctx), valid),

    async collect({ ctx }, { valid }) {
      const { signal } = ctx;
      const removal = await withReservations(dirOf(ctx), { signal }, async (reservations) => {
        discardAside(reservations.path);
        return await collect(reservations, valid);
      });
      await throwErrors(removal);
    },
  };
}

/** Takes back what an ADD reserved, when a later part of it fails. */
export function releaseLater(
  rollback: Rollback,
  dir: ReservationDir,
  holding: Holding,
  addresses: readonly Ip[],
): void {
  const names = addresses.map(String);
  rollback.defer(async () => {
    // Not under the signal: what was begun is taken back also when the caller has given up.
    await withReservations(dir, {}, (all) => releaseNamed(all, holding, names));
  });
}

/** The addresses of the result, those of the call's interface, that `isOurs` takes for its own. */
export function promisedAddresses(ctx: Context, isOurs: (ip: Ip) => boolean): Ip[] {
  const { prevResult, ifName } = ctx;
  const promised = prevResult === undefined ? [] : addressesOf(prevResult, ifName);
  return promised.flatMap(({ address }) => {
    const ip = Prefix.tryParse(address)?.ip ?? Ip.tryParse(address);
    return ip !== undefined && isOurs(ip) ? [ip] : [];
  });
}

/**
 * Reserves addresses again, where none has them by now.
 * @param allow called under the lock, before anything is changed; throws where one may not be had
 * @throws CniError that names the holder of one that is another's
 */
export async function restoreReservations(
  dir: ReservationDir,
  ctx: Context,
  addresses: readonly Ip[],
  allow: () => void = () => undefined,
): Promise<void> {
  const holding = holdingOf(ctx);
  await withReservations(dir, { create: true, signal: ctx.signal }, (all) => {
    allow();
    for (const ip of addresses) restoreReservation(all, holding, ip);
  });
}

function restoreReservation(all: Reservations, holding: Holding, ip: Ip): void {
  const name = ip.toString();
  const holder = all.holder(name);
  if (holder === undefined || holder.kind === "vacant") {
    if (holder !== undefined) all.remove(name);
    if (!all.create(name, holding)) throw differs(`${name} was reserved by another just now`);
    return;
  }
  if (isHeldBy(holder, holding) || isOldHolder(holder, holding)) return;
  const who = holder.kind === "attachment" ? `${holder.containerId} ${holder.ifName}` : "another";
  throw differs(`${name} is reserved for ${who} by now`, "two containers may have one address");
}

/** The attachment of a call. */
export function holdingOf({ containerId, ifName }: Holding): Holding {
  return { containerId, ifName };
}

async function throwErrors(removal: Removal | undefined): Promise<void> {
  const errors = removal?.errors ?? [];
  const throwing = errors.map((error) => (): never => {
    throw error;
  });
  await runAll(throwing);
}
