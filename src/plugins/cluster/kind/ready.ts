import { BootClock } from "../../../cluster/clock/index.ts";
import { type ClusterConfig, type ClusterPaths, pathsOf } from "../../../cluster/config/index.ts";
import { readPicture } from "../../../cluster/reading/index.ts";
import type { Picture } from "../../../fleet/index.ts";
import { type Servable, servable } from "../../../fleet/serving/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { checkWritable, fillOf, pathOf } from "../../../state/reservations/index.ts";
import { lostSets, rangeSetOf } from "./ranges.ts";

/**
 * Whether the next ADD can be served. Where nothing is at hand and nothing is wrong it can: the node's
 * member fetches a block meanwhile.
 * @throws CniError of code 50; of code 51 when living containers have addresses that are not this
 * node's any more
 */
export async function verifyReady(ctx: Context, { place }: ClusterConfig): Promise<void> {
  const paths = pathsOf(place);
  checkWritable(pathOf(paths.reservations));
  const picture = pictureOf(paths);
  const lost = picture === undefined ? 0n : await lostAddresses(paths, picture);
  const what = `${lost} addresses of containers on this node are not this node's any more`;
  if (lost > 0n) ctx.log(`cluster: ${what}; CHECK names their containers`);
  const trouble = picture?.trouble;
  const serving = servable(picture, new BootClock());
  if (!serving.ok) {
    if (trouble !== undefined) throw unavailable(serving.reason, lost > 0n ? what : undefined);
    ctx.log(`cluster: ${serving.reason}; the next ADD asks the store`);
    return;
  }
  const empty = await emptySubnets(paths, picture, serving.subnets);
  if (empty.length === 0) return;
  const text = `this node has no free address of ${empty.join(" and ")}`;
  const limited = lost > 0n ? what : undefined;
  if (trouble !== undefined) throw unavailable(`${text}: ${trouble}`, limited);
  ctx.log(`cluster: ${text}; the next ADD waits for a block`);
}

function pictureOf(paths: ClusterPaths): Picture | undefined {
  try {
    return readPicture(paths);
  } catch (error) {
    throw unavailable(CniError.from(error).msg, undefined);
  }
}

/** @param lost why living containers may have limited connectivity */
function unavailable(msg: string, lost: string | undefined): CniError {
  if (lost === undefined) return new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, msg);
  return new CniError(ErrorCode.LIMITED_CONNECTIVITY, msg, { details: lost });
}

async function lostAddresses(paths: ClusterPaths, picture: Picture): Promise<bigint> {
  const fills = await fillOf(paths.reservations, lostSets(picture));
  return fills.reduce((sum, { reserved }) => sum + reserved, 0n);
}

async function emptySubnets(
  { reservations }: ClusterPaths,
  picture: Picture | undefined,
  subnets: readonly Servable[],
): Promise<string[]> {
  const fills = await fillOf(
    reservations,
    subnets.map((each) => rangeSetOf(each, picture?.sticky)),
  );
  return fills.flatMap(({ capacity, reserved }, at) => {
    return capacity > reserved ? [] : [String(subnets[at]?.subnet)];
  });
}
