import { VERSION } from "../../../base/index.ts";
import { memberOnce, otherConfiguration } from "../../../cluster/member/index.ts";
import { PictureWait } from "../../../cluster/waiting/index.ts";
import { type Clock, type Need, termsOf } from "../../../fleet/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { tryAgain } from "../../../state/index.ts";
import type { PluginConfig } from "../config.ts";
import type { Attempt, Given, Missing } from "./attempt.ts";

/** An ADD that found nothing at hand. */
export interface Waiting {
  readonly ctx: Context;
  readonly config: PluginConfig;
  readonly clock: Clock;
  readonly attempt: Attempt;
  readonly first: Missing;
}

/**
 * Waits for the node's picture to change, and tries again after each change.
 * @throws CniError of code 11 when the time is over, or when what was asked for cannot be had; of code 7 where
 * the configuration is not the fleet's
 */
export async function waitAndTake({ ctx, config, clock, attempt, first }: Waiting): Promise<Given> {
  const began = clock.now();
  let missing = first;
  for (;;) {
    const { needs } = missing;
    using wait = new PictureWait({
      place: config.cluster.place,
      needs,
      clock,
      once: async (all, signal) => {
        const { cluster } = config;
        const log = (text: string): void => ctx.log(`cluster: ${text}`);
        await memberOnce({ cluster, needs: all, version: VERSION, log, signal });
      },
      reason: () => missing.reason,
      signal: ctx.signal,
      patienceMs: Math.max(0, config.waitMs - (clock.now() - began)),
    });
    do {
      const found = await attempt.make();
      if (!("needs" in found)) return found;
      missing = found;
      const since = { boot: clock.boot, began };
      refuse(missing, since);
      refuseTerms(missing, config, since);
      if (isSame(needs, missing.needs)) await wait.next();
    } while (isSame(needs, missing.needs));
  }
}

/** When the ADD began. */
interface Since {
  readonly boot: string;
  readonly began: number;
}

/** The member has said, since the ADD began, that what it needs cannot be had now. */
function refuse({ needs, picture }: Missing, since: Since): void {
  for (const { reason, need, boot, atMs } of picture?.refusals ?? []) {
    const isOurs = needs.some((each) => need === nameOf(each));
    if (isOurs && boot === since.boot && atMs >= since.began) {
      throw tryAgain(`${need} cannot be had now`, { details: reason });
    }
  }
}

/** The member has asked since the ADD began: with this configuration the node may not take part. */
function refuseTerms({ picture }: Missing, { cluster }: PluginConfig, since: Since): void {
  const { terms, reason, boot, atMs } = picture?.disagreement ?? {};
  if (boot !== since.boot || atMs === undefined || atMs < since.began) return;
  if (reason !== undefined && terms === termsOf(cluster.fleet)) throw otherConfiguration(reason);
}

function nameOf({ address, sticky }: Need): string | undefined {
  return address?.toString() ?? sticky;
}

function isSame(one: readonly Need[], other: readonly Need[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
