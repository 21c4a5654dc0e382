import {
  type Context,
  definePlugin,
  type Plugin,
  type Result,
  requirePrevResult,
} from "../../plugin/index.ts";
import { SPEC_VERSIONS } from "../../spec/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  type Step,
  stepOptions,
  undoSteps,
} from "../../steps/index.ts";
import { lockNetns } from "../../steps/routes/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import { checkVrfKernel, VrfMemberStep, VrfStep } from "../../steps/vrf/index.ts";
import { parseConfig, parseName, type VrfConfig } from "./config.ts";

/** The first version that knows more than one interface. */
const SINCE = SPEC_VERSIONS.indexOf("0.3.1");

/**
 * Puts an interface into a VRF of the container. See README.md. Nothing of it outlives the
 * container's namespace, so GC has nothing to do.
 */
export const plugin: Plugin = definePlugin({
  name: "vrf",
  version: "0.1.0",
  versions: SPEC_VERSIONS.slice(SINCE),

  async add(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    using sides = Sides.open(ctx);
    using _lock = await lockNetns(sides, ctx.signal);
    await applySteps(steps(ctx, sides, config, previous), stepOptions(ctx));
    return previous;
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    using sides = Sides.open(ctx);
    await checkSteps(steps(ctx, sides, config, previous), stepOptions(ctx));
  },

  async del(ctx) {
    const config = { name: parseName(ctx), table: 0 };
    using sides = Sides.openIfPresent(ctx);
    using _lock = await lockNetns(sides, ctx.signal);
    await undoSteps(steps(ctx, sides, config), stepOptions(ctx));
  },

  status(ctx) {
    parseConfig(ctx);
    using sides = Sides.hostOnly();
    checkVrfKernel(sides);
  },

  plan(ctx) {
    const config = parseConfig(ctx);
    using sides = Sides.hostOnly();
    return describeSteps(steps(ctx, sides, config));
  },
});

function steps(
  { ifName, signal }: Context,
  sides: Sides,
  { name, table }: VrfConfig,
  promised?: Result,
): Step[] {
  const vrf = new VrfStep({ sides, name, table });
  const routes = promised?.routes ?? [];
  return [vrf, new VrfMemberStep({ sides, ifName, vrf: () => vrf.vrf(), routes, signal })];
}
