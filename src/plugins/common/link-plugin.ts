import { defined } from "../../base/index.ts";
import { type Context, definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  doAll,
  type Step,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { IpamStep } from "../../steps/ipam/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { LinkAttachment, type LinkConfig, type LinkParts } from "./attachment.ts";
import { ipamDelegate, ipamTypeOf } from "./identity.ts";

/** A plugin whose job is one link in the container, and what it says of itself. */
export interface LinkPlugin<C extends LinkConfig> extends LinkParts<C> {
  readonly name: string;
  readonly version?: string;
  readonly versions?: readonly string[];
  /** Reads and judges the configuration, before anything is touched. `sides` is for questions. */
  readonly config: (ctx: Context, sides: Sides) => C;
  /**
   * What DEL undoes beside IPAM, from identity alone and in the order of ADD: everything that any
   * configuration could have made.
   */
  readonly removal: (ctx: Context, sides: Sides) => readonly Step[];
  /** Whether a configuration without an IPAM plugin has one whose DEL or GC would have to be asked. */
  readonly collect?: (ctx: Context, sides: Sides) => readonly (() => void | Promise<void>)[];
  /** Throws (code 50 or 51) when an ADD could not be served now, beside IPAM's reasons. */
  readonly status?: (ctx: Context, config: C, sides: Sides) => void | Promise<void>;
}

/** Makes the plugin: all of its verbs follow from its parts. */
export function linkPlugin<C extends LinkConfig>(parts: LinkPlugin<C>): Plugin {
  return definePlugin({
    name: parts.name,
    ...defined({ version: parts.version, versions: parts.versions }),

    async add(ctx) {
      using sides = Sides.open(ctx);
      const config = parts.config(ctx, sides);
      const attachment = new LinkAttachment(ctx, config, sides, parts);
      const revert = await applySteps(attachment.steps(), stepOptions(ctx));
      try {
        return attachment.result();
      } catch (error) {
        await revert();
        throw error;
      }
    },

    async check(ctx) {
      const promised = requirePrevResult(ctx);
      using sides = Sides.open(ctx);
      const config = parts.config(ctx, sides);
      const attachment = new LinkAttachment(ctx, config, sides, parts, promised);
      await checkSteps(attachment.steps(), stepOptions(ctx));
      attachment.checkPromised(promised);
    },

    async del(ctx) {
      using sides = Sides.openIfPresent(ctx);
      const [link, ...more] = parts.removal(ctx, sides);
      const ipamType = ipamTypeOf(ctx);
      const ipam =
        ipamType === "" ? [] : [new IpamStep(ipamType, ipamDelegate(ctx), () => undefined)];
      const steps = [...(link === undefined ? [] : [link]), ...ipam, ...more];
      await undoSteps(steps, stepOptions(ctx));
    },

    async gc(ctx) {
      using sides = Sides.hostOnly();
      const ipamType = ipamTypeOf(ctx);
      await doAll([
        ...(parts.collect?.(ctx, sides) ?? []),
        ...(ipamType === "" ? [] : [() => ctx.delegate.gc(ipamType)]),
      ]);
    },

    async status(ctx) {
      using sides = Sides.hostOnly();
      const config = parts.config(ctx, sides);
      await parts.status?.(ctx, config, sides);
      if (config.ipamType !== "") await ctx.delegate.status(config.ipamType);
    },

    plan(ctx) {
      using sides = Sides.hostOnly();
      const attachment = new LinkAttachment(ctx, parts.config(ctx, sides), sides, parts);
      return describeSteps(attachment.steps());
    },
  });
}
