import { definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { nftables, requireNftables } from "../../state/nft-sets/index.ts";
import { parseConfig } from "./config.ts";
import { checkTools, collectPorts } from "./kind/index.ts";
import { mappingSteps, removalSteps } from "./steps.ts";

/** Leads ports of the host to the container. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "portmap",
  version: "0.1.0",

  async add(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    if (config.mappings.length === 0) return prevResult;
    using namespaces = Namespaces.hostOnly();
    await applySteps(mappingSteps(ctx, config, prevResult, namespaces), stepOptions(ctx));
    return prevResult;
  },

  async check(ctx) {
    const prevResult = requirePrevResult(ctx);
    const config = parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    await checkSteps(mappingSteps(ctx, config, prevResult, namespaces), stepOptions(ctx));
  },

  async del(ctx) {
    using namespaces = Namespaces.hostOnly();
    await undoSteps(removalSteps(ctx, namespaces), stepOptions(ctx));
  },

  async gc(ctx) {
    using namespaces = Namespaces.hostOnly();
    await collectPorts(namespaces, ctx.network, ctx.validAttachments ?? [], ctx.env);
  },

  status(ctx) {
    const { backend } = parseConfig(ctx);
    checkTools(backend, ctx.env);
    using namespaces = Namespaces.hostOnly();
    requireNftables(nftables(namespaces));
  },

  plan(ctx) {
    using namespaces = Namespaces.hostOnly();
    const { prevResult } = ctx;
    const config = parseConfig(ctx);
    if (prevResult !== undefined) {
      return describeSteps(mappingSteps(ctx, config, prevResult, namespaces));
    }
    return config.mappings.map(
      ({ protocol, hostPort, containerPort }) =>
        `port mappings: ${protocol} port ${hostPort} → port ${containerPort} of the container`,
    );
  },
});
