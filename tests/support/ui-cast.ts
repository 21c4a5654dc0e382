import type { Conflist } from "./chain.ts";
import type { UiAttachment, UiNode } from "./ui-node.ts";

/** The node that the demo shows, and that most tests of the page look at. */

/** Containers behind a bridge with ports of the host, as a runtime's usual network. */
export const WEB: Conflist = {
  cniVersion: "1.1.0",
  name: "web",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      ipMasq: true,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.10.0.0/24", gateway: "10.10.0.1" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "tuning", sysctl: { "net.core.somaxconn": "500" } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** Containers that each have a link to the host alone. */
export const DATA: Conflist = {
  cniVersion: "1.1.0",
  name: "data",
  plugins: [
    {
      type: "ptp",
      ipMasq: false,
      ipam: {
        type: "host-local",
        subnet: "10.20.0.0/28",
        rangeStart: "10.20.0.2",
        routes: [{ dst: "10.0.0.0/8" }],
      },
    },
  ],
};

/** Twelve attachments of ten pods: two stand on both networks. */
export const CAST: readonly UiAttachment[] = [
  { network: "web", container: "front-1", space: "shop", pod: "front-6d4c-1", ports: [[8080, 80]] },
  { network: "web", container: "front-2", space: "shop", pod: "front-6d4c-2", ports: [[8081, 80]] },
  { network: "web", container: "cart", space: "shop", pod: "cart-0" },
  { network: "web", container: "pay", space: "shop", pod: "payments-7f9b-x2x" },
  { network: "web", container: "search", space: "shop", pod: "search-0", ports: [[9200, 9200]] },
  { network: "web", container: "mail", space: "ops", pod: "mail-0", ports: [[2525, 25]] },
  { network: "web", container: "metrics", space: "ops", pod: "metrics-0", ports: [[9090, 9090]] },
  { network: "data", container: "orders-db", space: "shop", pod: "orders-db-0" },
  { network: "data", container: "users-db", space: "shop", pod: "users-db-0" },
  { network: "data", container: "cache", space: "shop", pod: "cache-0" },
  { network: "data", container: "cart", ifName: "net1", space: "shop", pod: "cart-0" },
  { network: "data", container: "pay", ifName: "net1", space: "shop", pod: "payments-7f9b-x2x" },
];

/** The container whose link is set down, and the one that a leaked reservation is of. */
export const DRIFTED = "search";
export const LEAKED = "worker-4c1e";
export const LEAKED_ADDRESS = "10.10.0.77";

/** All twelve, with their calls recorded, and then the fault and the leak. */
export async function playCast(node: UiNode): Promise<void> {
  node.network(WEB);
  node.network(DATA);
  await node.hawser("trace", "on");
  for (const one of CAST) await node.add(one);
  await node.setDown(DRIFTED);
  node.leak("web", LEAKED_ADDRESS, LEAKED);
}
