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
} from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { lockNetns } from "../../state/routes/index.ts";
import { parseConfig, parseName, type VrfConfig } from "./config.ts";
import { checkVrfKernel, VrfMemberStep, VrfStep } from "./kind/index.ts";

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
    using namespaces = Namespaces.open(ctx);
    using _lock = await lockNetns(namespaces, ctx.signal);
    await applySteps(steps(ctx, namespaces, config, previous), stepOptions(ctx));
    return previous;
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    const previous = requirePrevResult(ctx);
    using namespaces = Namespaces.open(ctx);
    await checkSteps(steps(ctx, namespaces, config, previous), stepOptions(ctx));
  },

  async del(ctx) {
    const config = { name: parseName(ctx), table: 0 };
    using namespaces = Namespaces.ofDel(ctx, () => true);
    using _lock = await lockNetns(namespaces, ctx.signal);
    await undoSteps(steps(ctx, namespaces, config), stepOptions(ctx));
  },

  status(ctx) {
    parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    checkVrfKernel(namespaces);
  },

  plan(ctx) {
    const config = parseConfig(ctx);
    using namespaces = Namespaces.hostOnly();
    return describeSteps(steps(ctx, namespaces, config));
  },
});

function steps(
  { ifName, signal }: Context,
  namespaces: Namespaces,
  { name, table }: VrfConfig,
  promised?: Result,
): Step[] {
  const vrf = new VrfStep({ namespaces, name, table });
  const routes = promised?.routes ?? [];
  return [vrf, new VrfMemberStep({ namespaces, ifName, vrf: () => vrf.vrf(), routes, signal })];
}
