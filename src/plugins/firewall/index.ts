import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { versionsFrom } from "../../spec/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { requireTools } from "../../state/iptables/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { nftables, requireNftables } from "../../state/nft-sets/index.ts";
import { parseConfig, parseLeniently } from "./config.ts";
import { collectFirewall, requireFirewalld } from "./kind/index.ts";
import { chooseBackend, firewallSteps, removalStep } from "./steps.ts";

/** Lets containers through the host's firewall. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "firewall",
  version: "0.1.0",
  versions: versionsFrom("0.4.0"),

  async add(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    await applySteps(await firewallSteps(ctx, config, prevResult, namespaces), stepOptions(ctx));
    return prevResult;
  },

  async check(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    await checkSteps(await firewallSteps(ctx, config, prevResult, namespaces), stepOptions(ctx));
  },

  async del(ctx) {
    using namespaces = Namespaces.hostOnly();
    await undoSteps([removalStep(ctx, namespaces)], stepOptions(ctx));
  },

  async gc(ctx) {
    using namespaces = Namespaces.hostOnly();
    const config = parseLeniently(ctx);
    const backend = config.backend === "auto" ? "firewalld" : config.backend;
    const settings = { ...config, backend };
    await collectFirewall(namespaces, ctx.network, ctx.validAttachments ?? [], ctx.env, settings);
  },

  async status(ctx) {
    const backend = await chooseBackend(parseConfig(ctx).backend, ctx.env);
    if (backend === "firewalld") await requireFirewalld(ctx.env);
    if (backend === "iptables") requireTools(4, { env: ctx.env });
    using namespaces = Namespaces.hostOnly();
    requireNftables(nftables(namespaces));
  },

  async plan(ctx) {
    using namespaces = Namespaces.hostOnly();
    const config = parseConfig(ctx);
    const { prevResult } = ctx;
    if (prevResult !== undefined) {
      return describeSteps(await firewallSteps(ctx, config, prevResult, namespaces));
    }
    const backend = await chooseBackend(config.backend, ctx.env);
    return [`firewall: the container's addresses are let through (${backend})`];
  },
});
