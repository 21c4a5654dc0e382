import type { FleetReport, NodeReport } from "../../../fleet/operator/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { suggestion } from "../../suggest.ts";

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
