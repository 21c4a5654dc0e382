import { BootClock } from "../../../cluster/clock/index.ts";
import { noteNetwork } from "../../../cluster/networks/index.ts";
import type { Context } from "../../../plugin/index.ts";
import type { PluginConfig } from "../config.ts";
import { Attempt, type Given } from "./attempt.ts";

/** Reserves addresses, as soon as this node has some. @throws CniError */
export async function take(ctx: Context, config: PluginConfig): Promise<Given> {
  const clock = new BootClock();
  await noteNetwork(ctx.env, ctx, config.cluster);
  const attempt = new Attempt(ctx, config, clock);
  const first = await attempt.make();
  if (!("needs" in first)) return first;
  // Loaded when it is needed: it speaks to the store.
  const { waitAndTake } = await import("./waiting.ts");
  return await waitAndTake({ ctx, config, clock, attempt, first });
}
