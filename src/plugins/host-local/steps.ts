import { Ip, Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import type { HostLocalConfig } from "./config.ts";
import { type ReservationPlace, ReservationStep } from "./kind/index.ts";

/** The one thing that host-local makes: the addresses' reservation. */
export function reservation(ctx: Context, config: HostLocalConfig): ReservationStep {
  return new ReservationStep({
    place: config.place,
    holding: { containerId: ctx.containerId, ifName: ctx.ifName },
    sets: config.sets,
    requested: config.requested,
    expected: addressesOf(ctx.prevResult),
    signal: ctx.signal,
  });
}

/** The same reservation by identity alone, to be undone. */
export function reservationToUndo(ctx: Context, place: ReservationPlace): ReservationStep {
  return new ReservationStep({
    place,
    holding: { containerId: ctx.containerId, ifName: ctx.ifName },
    signal: ctx.signal,
  });
}

function addressesOf(result: Result | undefined): Ip[] {
  return (result?.ips ?? []).flatMap(({ address }) => {
    const ip = Prefix.tryParse(address)?.ip ?? Ip.tryParse(address);
    return ip === undefined ? [] : [ip];
  });
}
