import { Ip, type Prefix } from "../addr/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import { keepOnce } from "./round.ts";

export interface RemoveOptions {
  readonly network: string;
  /** The fleet's subnets: routes of host-gw are known by them. */
  readonly subnets: readonly Prefix[];
  /** The node's namespace; the calling thread's own when absent. */
  readonly netns?: Netns | undefined;
}

/**
 * Takes away what the overlay of a network has made on this node, whichever kind it was of; nothing of
 * others. Gives how many changes that took.
 */
export async function removeOverlay({ network, subnets, netns }: RemoveOptions): Promise<number> {
  const none = { kind: "none", underlay: Ip.parse("0.0.0.0"), vni: 1, port: 1 } as const;
  const wanted = { network, subnets, ...none, gateways: [], peers: new Map() };
  const options = { netns, keyPath: undefined, endpoints: new Map() };
  const { changes } = await keepOnce(wanted, options);
  return changes;
}
