import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { versionsFrom } from "../../spec/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { staleMarks } from "../../state/owner/index.ts";
import { parseConfig } from "./config.ts";
import { collectBandwidth, verifyKernel } from "./kind/index.ts";
import { Wiring } from "./wiring.ts";

/** Limits what goes to a container and what comes from it. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "bandwidth",
  version: "0.1.0",
  versions: versionsFrom("0.3.0"),

  async add(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    if (Object.keys(config).length === 0) return previous;
    using namespaces = Namespaces.open(ctx);
    const wiring = new Wiring(ctx, config, namespaces, previous);
    for (const text of wiring.warnings()) ctx.log(`bandwidth: ${text}`);
    const revert = await applySteps(wiring.steps(), stepOptions(ctx));
    try {
      return wiring.result(previous);
    } catch (error) {
      await revert();
      throw error;
    }
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    if (Object.keys(config).length === 0) return;
    using namespaces = Namespaces.open(ctx);
    await checkSteps(new Wiring(ctx, config, namespaces, previous).steps(), stepOptions(ctx));
  },

  async del(ctx) {
    using namespaces = Namespaces.ofDel(ctx, () => true);
    const wiring = new Wiring(ctx, {}, namespaces, ctx.prevResult);
    await undoSteps(wiring.removalSteps(), stepOptions(ctx));
  },

  async gc(ctx) {
    using namespaces = Namespaces.hostOnly(ctx);
    await collectBandwidth(namespaces, staleMarks(ctx.network, ctx.validAttachments ?? []));
  },

  status(ctx) {
    parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    verifyKernel(namespaces);
  },

  plan(ctx) {
    using namespaces = Namespaces.hostOnly();
    return describeSteps(new Wiring(ctx, parseConfig(ctx), namespaces, ctx.prevResult).steps());
  },
});
