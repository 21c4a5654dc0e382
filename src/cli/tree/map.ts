/** The command that draws the node's network. */
import type { MapOptions } from "../command/map.ts";
import { addFilterOptions, addLookOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addMap({ program, io, finish }: Tree): void {
  const map = program
    .command("map")
    .description("draw the node's network: what hangs on what, and where packets go")
    .argument("[network]", "name of the network; without it: all");
  addFilterOptions(map)
    .option("--path <goal>", "the way of a packet: to a port such as 8080, or from an address")
    .option("--dot", "print it in the language of Graphviz")
    .option("--svg", "print it as a picture");
  addLookOptions(map).action(async (network: string | undefined, options: MapOptions) => {
    const { runMap } = await import("../command/map.ts");
    finish(await runMap(io, network, options));
  });
}
