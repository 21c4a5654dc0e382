import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { versionsFrom } from "../../spec/index.ts";
import { requireNftables } from "../../steps/elements/index.ts";
import { collectFirewall, requireFirewalld } from "../../steps/firewall/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { requireTools } from "../../steps/iptables/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { parseConfig, parseLeniently } from "./config.ts";
import { chooseBackend, firewallSteps, removalStep } from "./steps.ts";

/** Lets containers through the host's firewall. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "firewall",
  version: "0.1.0",
  versions: versionsFrom("0.4.0"),

  async add(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using sides = Sides.hostOnly();
    await applySteps(await firewallSteps(ctx, config, prevResult, sides), stepOptions(ctx));
    return prevResult;
  },

  async check(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using sides = Sides.hostOnly();
    await checkSteps(await firewallSteps(ctx, config, prevResult, sides), stepOptions(ctx));
  },

  async del(ctx) {
    using sides = Sides.hostOnly();
    await undoSteps([removalStep(ctx, sides)], stepOptions(ctx));
  },

  async gc(ctx) {
    using sides = Sides.hostOnly();
    const config = parseLeniently(ctx);
    const backend = config.backend === "auto" ? "firewalld" : config.backend;
    const settings = { ...config, backend };
    await collectFirewall(sides, ctx.network, ctx.validAttachments ?? [], ctx.env, settings);
  },

  async status(ctx) {
    const backend = await chooseBackend(parseConfig(ctx).backend, ctx.env);
    if (backend === "firewalld") await requireFirewalld(ctx.env);
    if (backend === "iptables") requireTools(4, { env: ctx.env });
    using sides = Sides.hostOnly();
    requireNftables(sides.nft);
  },

  async plan(ctx) {
    using sides = Sides.hostOnly();
    const config = parseConfig(ctx);
    const { prevResult } = ctx;
    if (prevResult !== undefined) {
      return describeSteps(await firewallSteps(ctx, config, prevResult, sides));
    }
    const backend = await chooseBackend(config.backend, ctx.env);
    return [`firewall: the container's addresses are let through (${backend})`];
  },
});
