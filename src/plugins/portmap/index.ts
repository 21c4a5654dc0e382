import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { requireNftables } from "../../steps/elements/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { checkTools, collectPorts } from "../../steps/ports/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { parseConfig } from "./config.ts";
import { mappingSteps, removalSteps } from "./steps.ts";

/** Leads ports of the host to the container. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "portmap",
  version: "0.1.0",

  async add(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    if (config.mappings.length === 0) return prevResult;
    using sides = Sides.hostOnly();
    await applySteps(mappingSteps(ctx, config, prevResult, sides), stepOptions(ctx));
    return prevResult;
  },

  async check(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using sides = Sides.hostOnly();
    await checkSteps(mappingSteps(ctx, config, prevResult, sides), stepOptions(ctx));
  },

  async del(ctx) {
    using sides = Sides.hostOnly();
    await undoSteps(removalSteps(ctx, sides), stepOptions(ctx));
  },

  async gc(ctx) {
    using sides = Sides.hostOnly();
    await collectPorts(sides, ctx.network, ctx.validAttachments ?? [], ctx.env);
  },

  status(ctx) {
    const { backend } = parseConfig(ctx);
    checkTools(backend, ctx.env);
    using sides = Sides.hostOnly();
    requireNftables(sides.nft);
  },

  plan(ctx) {
    using sides = Sides.hostOnly();
    const { prevResult } = ctx;
    const config = parseConfig(ctx);
    if (prevResult !== undefined) {
      return describeSteps(mappingSteps(ctx, config, prevResult, sides));
    }
    return config.mappings.map(
      ({ protocol, hostPort, containerPort }) =>
        `port mappings: ${protocol} port ${hostPort} → port ${containerPort} of the container`,
    );
  },
});
