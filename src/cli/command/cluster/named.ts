import { openStore } from "../../../cluster/store/index.ts";
import { FleetKeys } from "../../../fleet/index.ts";
import type { FleetReport, NodeReport } from "../../../fleet/operator/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { under } from "../../../store/index.ts";
import type { CliIo } from "../../io.ts";
import { suggestion } from "../../suggest.ts";
import { clusterOf, fleetsIn } from "./session.ts";

/**
 * The node with an id.
 * @throws CniError that says which there are
 */
export function nodeNamed({ network, nodes }: FleetReport, id: string): NodeReport {
  const node = nodes.find((one) => one.id === id);
  if (node !== undefined) return node;
  const msg = `no node of the fleet ${network} is called ${JSON.stringify(id)}`;
  const advice = suggestion(
    id,
    nodes.map((one) => one.id),
  );
  throw new CniError(ErrorCode.IO_FAILURE, msg, { advice });
}

/** Nodes that a shell can list. */
const MANY = 1000;
/** So long a shell waits for the store. */
const PATIENCE_MS = 1000;

/** The ids of the nodes of this node's fleets, for a shell; none where the store does not answer. */
export async function nodeNames(io: CliIo): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const found = await Promise.allSettled(
    fleetsOrNone(io).map(async (loaded) => {
      const cluster = clusterOf(loaded);
      if (cluster === undefined) return [];
      await using store = await openStore(cluster.store);
      const keys = new FleetKeys(cluster.fleet.network);
      const { entries } = await store.read(under(keys.nodes, MANY), { signal });
      return entries.map(({ key }) => key.slice(keys.nodes.length));
    }),
  );
  return found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
}

function fleetsOrNone(io: CliIo): ReturnType<typeof fleetsIn> {
  try {
    return fleetsIn(io, {});
  } catch {
    return [];
  }
}
