/** The commands about a fleet: nodes that share the subnets of one network. */
import type { Command } from "commander";
import type {
  BlocksOptions,
  ClusterOptions,
  ForgetOptions,
  InitOptions,
  ReleaseOptions,
} from "../command/cluster/options.ts";
import * as read from "../values.ts";
import { refuseUnknownPart } from "./default-command.ts";
import type { Tree } from "./tree.ts";

export function addCluster(tree: Tree): void {
  const cluster = tree.program
    .command("cluster")
    .description("look after the nodes and blocks of a fleet's network");
  addLooking(cluster, tree);
  addChanging(cluster, tree);
  refuseUnknownPart(cluster);
}

/** Those that change nothing. */
function addLooking(cluster: Command, { io, finish }: Tree): void {
  addFleetOptions(
    cluster
      .command("status", { isDefault: true })
      .description("tell in a screenful how the fleet, its nodes and its store are"),
  ).action(async (options: ClusterOptions) => {
    const { runClusterStatus } = await import("../command/cluster/status.ts");
    finish(await runClusterStatus(io, options));
  });
  addFleetOptions(
    cluster.command("nodes").description("list the nodes: alive or dead, and what each holds"),
  ).action(async (options: ClusterOptions) => {
    const { runClusterNodes } = await import("../command/cluster/nodes.ts");
    finish(await runClusterNodes(io, options));
  });
  addFleetOptions(
    cluster
      .command("blocks")
      .description("list the blocks that have been used, and the node that holds each")
      .option("--node <node>", "only what this node holds"),
  ).action(async (options: BlocksOptions) => {
    const { runClusterBlocks } = await import("../command/cluster/blocks.ts");
    finish(await runClusterBlocks(io, options));
  });
  addFleetOptions(
    cluster
      .command("ip")
      .description("tell which node holds an address, and which container has it")
      .argument("<address>", "the address, in any spelling", read.readAddress),
  ).action(async (address: string, options: ClusterOptions) => {
    const { runClusterIp } = await import("../command/cluster/ip.ts");
    finish(await runClusterIp(io, address, options));
  });
  addFleetOptions(
    cluster
      .command("check")
      .description("compare the store with the nodes' own pictures, and name what differs"),
  ).action(async (options: ClusterOptions) => {
    const { runClusterCheck } = await import("../command/cluster/check.ts");
    finish(await runClusterCheck(io, options));
  });
}

/** Those that write to the store. */
function addChanging(cluster: Command, { io, finish }: Tree): void {
  addFleetOptions(
    cluster
      .command("release")
      .description("free an address or block whose node is dead, or the address of a name")
      .argument("[what]", "an address, or a block such as 10.42.0.64/26")
      .option("--name <name>", "in its place: a name that an address follows (sticky)")
      .option("--yes", "do it without asking"),
  ).action(async (what: string | undefined, options: ReleaseOptions) => {
    const { runClusterRelease } = await import("../command/cluster/release.ts");
    finish(await runClusterRelease(io, what, options));
  });
  addFleetOptions(
    cluster
      .command("forget")
      .description("free all that a dead node holds, and forget it")
      .argument("<node>", "its id, as hawser cluster nodes shows it")
      .option("--yes", "do it without asking"),
  ).action(async (node: string, options: ForgetOptions) => {
    const { runClusterForget } = await import("../command/cluster/release.ts");
    finish(await runClusterForget(io, node, options));
  });
  addFleetOptions(
    cluster
      .command("init")
      .description("set the fleet up in its store, or let it go on after a halt")
      .argument("[network]", "name of the network, or path of its configuration")
      .option("--output <file>", "write the network there, with the MTU that the overlay leaves")
      .option("--resume", "end a halt, when every node has asserted what it holds")
      .option("--yes", "do it without asking"),
  ).action(async (network: string | undefined, options: InitOptions) => {
    const { runClusterInit } = await import("../command/cluster/init.ts");
    finish(await runClusterInit(io, network, options));
  });
}

function addFleetOptions(command: Command): Command {
  return command
    .option("--network <name>", "which fleet: its network (default: the only one that is a fleet)")
    .option("--conf-dir <dir>", "where networks are configured (default: /etc/cni/net.d)")
    .option("--json", "answer in JSON, errors too");
}
