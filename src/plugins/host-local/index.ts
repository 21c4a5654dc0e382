import { type Context, definePlugin, type Plugin } from "../../plugin/index.ts";
import type { IpConfig, Result } from "../../spec/index.ts";
import { applySteps, checkSteps, describeSteps, undoSteps } from "../../state/index.ts";
import { parseConfig, parsePlace, parseSetsOnly } from "./config.ts";
import {
  collectReservations,
  type ReservationStep,
  rangeWarnings,
  verifyCapacity,
} from "./kind/index.ts";
import { readResolvConf } from "./resolv-conf.ts";
import { reservation, reservationToUndo } from "./steps.ts";

/** Hands out addresses from ranges, and notes them in a directory of this host. */
export const plugin: Plugin = definePlugin({
  name: "host-local",
  add,
  check,
  del,
  gc,
  status,
  plan: (ctx) => describeSteps([reservation(ctx, parseConfig(ctx))]),
});

async function add(ctx: Context): Promise<Partial<Result>> {
  const config = parseConfig(ctx);
  for (const warning of rangeWarnings(config.sets)) {
    ctx.log(`host-local: ${warning}`);
  }
  // Before anything is reserved, since it may fail.
  const dns = config.resolvConf === undefined ? {} : readResolvConf(config.resolvConf);
  const step = reservation(ctx, config);
  await applySteps([step], { signal: ctx.signal, onStep: ctx.step });
  return { ips: addresses(step), routes: config.routes, dns };
}

async function check(ctx: Context): Promise<void> {
  await checkSteps([reservation(ctx, parseConfig(ctx))], { onStep: ctx.step });
}

/** Ranges and arguments may have changed since ADD; neither is looked at. */
async function del(ctx: Context): Promise<void> {
  await undoSteps([reservationToUndo(ctx, parsePlace(ctx))], { onStep: ctx.step });
}

async function gc(ctx: Context): Promise<void> {
  await collectReservations(parsePlace(ctx), ctx.validAttachments ?? [], ctx.signal);
}

function status(ctx: Context): void {
  verifyCapacity(parsePlace(ctx), parseSetsOnly(ctx));
}

function addresses(step: ReservationStep): IpConfig[] {
  return step.allocations.map(({ ip, range }) => ({
    address: `${ip}/${range.subnet.length}`,
    gateway: range.gateway.toString(),
  }));
}
