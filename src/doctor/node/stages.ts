/** The stages of the node as a whole. */
import { lookAtConfiguration } from "../configuration.ts";
import { lookAtExecutables } from "../executables.ts";
import { bridges } from "./bridges.ts";
import { clock } from "./clock.ts";
import { daemons } from "./daemons.ts";
import { disks } from "./disks.ts";
import { fleet } from "./fleet.ts";
import { filters, forwarding, kernel, limits } from "./host.ts";
import { leaks } from "./leaks.ts";
import { pluginsIn } from "./networks.ts";
import { pools } from "./pools.ts";
import type { NodeStage } from "./stage.ts";

const configuration: NodeStage = {
  name: "configuration",
  title: "configuration",
  look: ({ node }, report) => lookAtConfiguration(node, report),
};

const executables: NodeStage = {
  name: "executables",
  title: "executables",
  async look({ node }, report) {
    const networks = [...node.view.networks].map(([name, network]) => {
      return { name, version: network.config.cniVersion, plugins: pluginsIn(network) };
    });
    await lookAtExecutables(node, report, networks);
  },
};

export const NODE_STAGES: readonly NodeStage[] = [
  ...[configuration, executables, kernel, leaks, pools, bridges, fleet, disks],
  ...[daemons, clock, forwarding, filters, limits],
];
