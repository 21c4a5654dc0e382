/** The commands about addresses and ports of the node. */
import type { PoolsOptions } from "../command/pools.ts";
import type { AskedPort, PortsOptions } from "../command/ports.ts";
import type { CommonOptions } from "../request.ts";
import * as read from "../values.ts";
import { addLookOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addAddressCommands({ program, io, finish }: Tree): void {
  const ip = program
    .command("ip")
    .description("tell who has an address, and who had it")
    .argument("<address>", "the address, in any spelling", read.readAddress);
  addLookOptions(ip).action(async (address: string, options: CommonOptions) => {
    const { runIp } = await import("../command/ip.ts");
    finish(await runIp(io, address, options));
  });
  const ports = program
    .command("ports")
    .description("tell which ports of the host lead to which containers")
    .argument("[port]", "only this port, such as 8080 or 53/udp", read.readHostPort)
    .option("--network <name>", "only those of this network");
  addLookOptions(ports).action(async (port: AskedPort | undefined, options: PortsOptions) => {
    const { runPorts } = await import("../command/ports.ts");
    finish(await runPorts(io, port, options));
  });
  const pools = program
    .command("pools")
    .description("tell how full the ranges of networks are")
    .argument("[network]", "name of the network; without it: all")
    .option("--full", "only ranges that are full, or nearly")
    .option("--leaked", "only ranges with addresses reserved for what is not attached any more");
  addLookOptions(pools).action(async (name: string | undefined, options: PoolsOptions) => {
    const { runPools } = await import("../command/pools.ts");
    finish(await runPools(io, name, options));
  });
}
