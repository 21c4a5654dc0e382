/** The commands about addresses and ports of the node. */
import type { PoolsOptions } from "../command/pools.ts";
import { addLookOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addAddressCommands({ program, io, finish }: Tree): void {
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
