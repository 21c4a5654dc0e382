import { rule } from "../../kernel/route/index.ts";
import { type Context, definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { staleMarks } from "../../state/owner/index.ts";
import { lockNetns } from "../../state/routes/index.ts";
import { addressesOf, parseConfig, parseTable, type SbrConfig } from "./config.ts";
import { type SourceAddress, SourceRecords, SourceRoutingStep } from "./kind/index.ts";

/** Packets leave by the interface whose address they bear. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "sbr",
  version: "0.1.0",

  async add(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    const addresses = addressesOf(previous, ctx.ifName);
    if (addresses.length === 0) {
      throw new CniError(
        ErrorCode.INVALID_NETWORK_CONFIG,
        `No IP addresses supplied on interface: ${ctx.ifName}`,
        { details: 'the "prevResult" has no address of this interface' },
      );
    }
    using namespaces = Namespaces.open(ctx);
    using _lock = await lockNetns(namespaces, ctx.signal);
    await applySteps([step(ctx, namespaces, config, addresses)], stepOptions(ctx));
    return previous;
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    const addresses = addressesOf(requirePrevResult(ctx), ctx.ifName);
    using namespaces = Namespaces.open(ctx);
    await checkSteps([step(ctx, namespaces, config, addresses)], stepOptions(ctx));
  },

  async del(ctx) {
    const { prevResult } = ctx;
    const config = { table: parseTable(ctx), gateways: new Map(), sourceHints: false };
    const addresses = prevResult === undefined ? [] : addressesOf(prevResult, ctx.ifName);
    using namespaces = Namespaces.ofDel(ctx, () => true);
    using _lock = await lockNetns(namespaces, ctx.signal);
    await undoSteps([step(ctx, namespaces, config, addresses)], stepOptions(ctx));
  },

  async gc(ctx) {
    const isStale = staleMarks(ctx.network, ctx.validAttachments ?? []);
    await new SourceRecords(ctx.env).collect(ctx.network, isStale);
  },

  status(ctx) {
    parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    try {
      rule.list(namespaces.host);
    } catch (cause) {
      throw new CniError(
        ErrorCode.PLUGIN_NOT_AVAILABLE,
        "the kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)",
        { cause },
      );
    }
  },

  plan(ctx) {
    const { prevResult } = ctx;
    using namespaces = Namespaces.hostOnly();
    const addresses = prevResult === undefined ? [] : addressesOf(prevResult, ctx.ifName);
    return describeSteps([step(ctx, namespaces, parseConfig(ctx), addresses)]);
  },
});

function step(
  ctx: Context,
  namespaces: Namespaces,
  config: SbrConfig,
  addresses: readonly SourceAddress[],
): SourceRoutingStep {
  const { network, containerId, ifName, env } = ctx;
  return new SourceRoutingStep({
    namespaces,
    owner: { network, containerId, ifName },
    env,
    addresses,
    ...config,
  });
}
