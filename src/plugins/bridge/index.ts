import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { lockBridges } from "../../steps/bridge/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { ipamTypeOf } from "../common/index.ts";
import { collect } from "./collect.ts";
import { parseConfig } from "./config.ts";
import { removalSteps } from "./remove.ts";
import { verifyStatus } from "./status.ts";
import { Wiring } from "./wiring.ts";

/** Joins a container to a bridge of the host, as its gateway if wanted. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "bridge",
  version: "0.1.0",

  async add(ctx) {
    const config = parseConfig(ctx);
    using sides = Sides.open(ctx);
    // A bridge that may be removed must not be while this port is made.
    using _lock = config.removeUnused ? await lockBridges(sides, ctx.signal) : undefined;
    const wiring = new Wiring(ctx, config, sides);
    const revert = await applySteps(wiring.steps(), stepOptions(ctx));
    try {
      return wiring.result();
    } catch (error) {
      await revert();
      throw error;
    }
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    const promised = requirePrevResult(ctx);
    using sides = Sides.open(ctx);
    await checkSteps(new Wiring(ctx, config, sides, promised).steps(), stepOptions(ctx));
  },

  async del(ctx) {
    const ipamType = ipamTypeOf(ctx);
    using sides = Sides.openIfPresent(ctx);
    await undoSteps(removalSteps(ctx, sides, ipamType), stepOptions(ctx));
  },

  async gc(ctx) {
    using sides = Sides.hostOnly(ctx);
    await collect(ctx, sides);
  },

  async status(ctx) {
    const config = parseConfig(ctx);
    using sides = Sides.hostOnly();
    verifyStatus(ctx, config, sides);
    const { ipamType } = config;
    if (ipamType !== "") await ctx.delegate.status(ipamType);
  },

  plan(ctx) {
    using sides = Sides.hostOnly();
    return describeSteps(new Wiring(ctx, parseConfig(ctx), sides).steps());
  },
});
