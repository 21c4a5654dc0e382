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
} from "../index.ts";
import { IpamStep, ipamDelegate, ipamTypeOf } from "../ipam/index.ts";
import { Namespaces } from "../namespaces/index.ts";
import { LinkAttachment, type LinkConfig, type LinkParts } from "./attachment.ts";

/** A plugin whose job is one link in the container, and what it says of itself. */
export interface LinkPlugin<C extends LinkConfig> extends LinkParts<C> {
  readonly name: string;
  readonly version?: string;
  readonly versions?: readonly string[];
  /** Reads and judges the configuration, before anything is touched. `namespaces` is for questions. */
  readonly config: (ctx: Context, namespaces: Namespaces) => C;
  /**
   * What DEL undoes beside IPAM, from identity alone and in the order of ADD: everything that any
   * configuration could have made.
   */
  readonly removal: (ctx: Context, namespaces: Namespaces) => readonly Step[];
  /** Whether a configuration without an IPAM plugin has one whose DEL or GC would have to be asked. */
  readonly collect?: (
    ctx: Context,
    namespaces: Namespaces,
  ) => readonly (() => void | Promise<void>)[];
  /** Throws (code 50 or 51) when an ADD could not be served now, beside IPAM's reasons. */
  readonly status?: (ctx: Context, config: C, namespaces: Namespaces) => void | Promise<void>;
}

/** Makes the plugin: all of its verbs follow from its parts. */
export function linkPlugin<C extends LinkConfig>(parts: LinkPlugin<C>): Plugin {
  return definePlugin({
    name: parts.name,
    ...defined({ version: parts.version, versions: parts.versions }),

    async add(ctx) {
      using namespaces = Namespaces.open(ctx);
      const config = parts.config(ctx, namespaces);
      const attachment = new LinkAttachment(ctx, config, namespaces, parts);
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
      using namespaces = Namespaces.open(ctx);
      const config = parts.config(ctx, namespaces);
      const attachment = new LinkAttachment(ctx, config, namespaces, parts, promised);
      await checkSteps(attachment.steps(), stepOptions(ctx));
      attachment.checkPromised(promised);
    },

    async del(ctx) {
      using namespaces = Namespaces.ofDel(ctx, () => true);
      const [link, ...more] = parts.removal(ctx, namespaces);
      const ipamType = ipamTypeOf(ctx);
      const ipam =
        ipamType === "" ? [] : [new IpamStep(ipamType, ipamDelegate(ctx), () => undefined)];
      const steps = [...(link === undefined ? [] : [link]), ...ipam, ...more];
      await undoSteps(steps, stepOptions(ctx));
    },

    async gc(ctx) {
      using namespaces = Namespaces.hostOnly();
      const ipamType = ipamTypeOf(ctx);
      await doAll([
        ...(parts.collect?.(ctx, namespaces) ?? []),
        ...(ipamType === "" ? [] : [() => ctx.delegate.gc(ipamType)]),
      ]);
    },

    async status(ctx) {
      using namespaces = Namespaces.hostOnly();
      const config = parts.config(ctx, namespaces);
      await parts.status?.(ctx, config, namespaces);
      if (config.ipamType !== "") await ctx.delegate.status(config.ipamType);
    },

    plan(ctx) {
      using namespaces = Namespaces.hostOnly();
      const attachment = new LinkAttachment(ctx, parts.config(ctx, namespaces), namespaces, parts);
      return describeSteps(attachment.steps());
    },
  });
}
