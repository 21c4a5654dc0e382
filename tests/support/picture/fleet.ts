import type { FleetsForm } from "../../../src/forms/index.ts";

export const FLEET: FleetsForm = {
  fleets: [
    {
      ...{ network: "fleetnet", overlay: "vxlan" },
      side: { network: "fleetnet", overlay: "vxlan", blocks: ["10.42.0.64/26"], node: "harbour-1" },
      nodes: [
        {
          ...{
            node: "harbour-1",
            state: "alive",
            epoch: 3,
            holds: ["10.42.0.64/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.11", version: "0.1.0" },
        },
        {
          ...{
            node: "harbour-2",
            state: "alive",
            epoch: 1,
            holds: ["10.42.0.128/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.12", version: "0.1.0" },
        },
        {
          ...{
            node: "harbour-3",
            state: "dead",
            epoch: 2,
            holds: ["10.42.0.192/26"],
            addresses: 64,
          },
          ...{ underlay: "192.0.2.13", version: "0.1.0", deadMs: 240_000 },
        },
      ],
      blocks: [
        { block: "10.42.0.0/26", prefix: "10.42.0.0/26" },
        { block: "10.42.0.64/26", prefix: "10.42.0.64/26", node: "harbour-1", epoch: 3 },
        { block: "10.42.0.128/26", prefix: "10.42.0.128/27", node: "harbour-2", epoch: 1 },
        { block: "10.42.0.128/26", prefix: "10.42.0.160/27" },
        { block: "10.42.0.192/26", prefix: "10.42.0.192/26", node: "harbour-3", epoch: 2 },
      ],
      subnets: [
        {
          ...{ subnet: "10.42.0.0/16", blockSize: 26, blocks: 4, size: 65_530 },
          ...{ held: 128, resting: 64, free: 65_338 },
        },
      ],
      tunnels: [
        {
          node: "harbour-2",
          underlay: "192.0.2.12",
          device: "hawser0",
          prefixes: ["10.42.0.128/26"],
        },
      ],
    },
  ],
  problems: [],
};
