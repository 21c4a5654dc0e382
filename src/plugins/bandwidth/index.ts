import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { versionsFrom } from "../../spec/index.ts";
import { collectBandwidth, verifyKernel } from "../../steps/bandwidth/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { staleMarks } from "../../steps/owner/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { parseConfig } from "./config.ts";
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
    using sides = Sides.open(ctx);
    const wiring = new Wiring(ctx, config, sides, previous);
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
    using sides = Sides.open(ctx);
    await checkSteps(new Wiring(ctx, config, sides, previous).steps(), stepOptions(ctx));
  },

  async del(ctx) {
    using sides = Sides.openIfPresent(ctx);
    const wiring = new Wiring(ctx, {}, sides, ctx.prevResult);
    await undoSteps(wiring.removalSteps(), stepOptions(ctx));
  },

  async gc(ctx) {
    using sides = Sides.hostOnly(ctx);
    await collectBandwidth(sides, staleMarks(ctx.network, ctx.validAttachments ?? []));
  },

  status(ctx) {
    parseConfig(ctx);
    using sides = Sides.hostOnly();
    verifyKernel(sides);
  },

  plan(ctx) {
    using sides = Sides.hostOnly();
    return describeSteps(new Wiring(ctx, parseConfig(ctx), sides, ctx.prevResult).steps());
  },
});
