import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { ipamTypeOf } from "../../state/ipam/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { collect } from "./collect.ts";
import { parseConfig } from "./config.ts";
import { lockBridges } from "./kind/index.ts";
import { removalSteps } from "./remove.ts";
import { verifyStatus } from "./status.ts";
import { Wiring } from "./wiring.ts";

/** Joins a container to a bridge of the host, as its gateway if wanted. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "bridge",
  version: "0.1.0",

  async add(ctx) {
    const config = parseConfig(ctx);
    using namespaces = Namespaces.open(ctx);
    // A bridge that may be removed must not be while this port is made.
    using _lock = config.removeUnused ? await lockBridges(namespaces, ctx.signal) : undefined;
    const wiring = new Wiring(ctx, config, namespaces);
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
    using namespaces = Namespaces.open(ctx);
    await checkSteps(new Wiring(ctx, config, namespaces, promised).steps(), stepOptions(ctx));
  },

  async del(ctx) {
    const ipamType = ipamTypeOf(ctx);
    using namespaces = Namespaces.ofDel(ctx, () => true);
    await undoSteps(removalSteps(ctx, namespaces, ipamType), stepOptions(ctx));
  },

  async gc(ctx) {
    using namespaces = Namespaces.hostOnly(ctx);
    await collect(ctx, namespaces);
  },

  async status(ctx) {
    const config = parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    verifyStatus(ctx, config, namespaces);
    const { ipamType } = config;
    if (ipamType !== "") await ctx.delegate.status(ipamType);
  },

  plan(ctx) {
    using namespaces = Namespaces.hostOnly();
    return describeSteps(new Wiring(ctx, parseConfig(ctx), namespaces).steps());
  },
});
