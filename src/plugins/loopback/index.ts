import { type Context, definePlugin, type Plugin } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import { applySteps, checkSteps, describeSteps, undoSteps } from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { LOOPBACK, parseExpected } from "./config.ts";
import { LoopbackUp, resultIps } from "./steps.ts";

/**
 * Brings the container's loopback interface up. It reads no keys. Nothing of it outlives the
 * container's namespace, so GC has nothing to do, and STATUS is well wherever it is asked.
 */
export const plugin: Plugin = definePlugin({
  name: "loopback",
  add,
  check,
  del,
  plan: () => {
    using namespaces = Namespaces.hostOnly();
    return describeSteps([new LoopbackUp(namespaces)]);
  },
});

async function add(ctx: Context): Promise<Partial<Result>> {
  using namespaces = Namespaces.open(ctx);
  await applySteps([new LoopbackUp(namespaces)], { signal: ctx.signal, onStep: ctx.step });
  if (ctx.prevResult !== undefined) {
    return ctx.prevResult;
  }
  return {
    interfaces: [{ name: LOOPBACK, mac: "00:00:00:00:00:00", sandbox: ctx.netns }],
    ips: resultIps(namespaces.container),
  };
}

async function check(ctx: Context): Promise<void> {
  using namespaces = Namespaces.open(ctx);
  await checkSteps([new LoopbackUp(namespaces, parseExpected(ctx))], { onStep: ctx.step });
}

async function del(ctx: Context): Promise<void> {
  using namespaces = Namespaces.ofDel(ctx, () => true);
  await undoSteps([new LoopbackUp(namespaces)], { onStep: ctx.step });
}
