/** The commands that tell what is on this node, and change nothing. */
import type { DiffOptions } from "../command/diff.ts";
import type { LsOptions } from "../command/ls.ts";
import type { NetworksOptions } from "../command/networks.ts";
import type { CommonOptions } from "../request.ts";
import { addFilterOptions, addLookOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

/** How an attachment is named by all commands that take one. */
const ATTACHMENT = "container ID or its beginning, pod, namespace or address; all of its networks";

export function addViewCommands({ program, io, finish }: Tree): void {
  const ls = program
    .command("ls")
    .description("list what is attached on this node")
    .argument("[network]", "name of the network; without it: all");
  addFilterOptions(ls)
    .option("-q, --quiet", "print container IDs and nothing else")
    .option("--format <format>", "wide, or a line such as '{{containerId}} {{addresses}}'");
  addLookOptions(ls).action(async (network: string | undefined, options: LsOptions) => {
    const { runLs } = await import("../command/ls.ts");
    finish(await runLs(io, network, options));
  });
  const show = program
    .command("show")
    .description("tell all of one attachment: what was promised, and what stands")
    .argument("<attachment>", ATTACHMENT);
  addLookOptions(show).action(async (name: string, options: CommonOptions) => {
    const { runShow } = await import("../command/show.ts");
    finish(await runShow(io, name, options));
  });
  const networks = program
    .command("networks")
    .description("list the networks that are configured, and the files passed over")
    .option("-q, --quiet", "print names and nothing else");
  addLookOptions(networks).action(async (options: NetworksOptions) => {
    const { runNetworks } = await import("../command/networks.ts");
    finish(await runNetworks(io, options));
  });
  const watch = program
    .command("watch")
    .description("print what is attached, detached or goes wrong, as it happens")
    .argument("[network]", "name of the network; without it: all");
  addLookOptions(watch).action(async (network: string | undefined, options: CommonOptions) => {
    const { runWatch } = await import("../command/watch.ts");
    finish(await runWatch(io, network, options));
  });
}

/** The command that compares files with what was attached by them. */
export function addDiff({ program, io, finish }: Tree): void {
  const diff = program
    .command("diff")
    .description("tell which attachments an edited configuration is about, and how to move them")
    .argument("<network>", "name of the network, or path of its configuration")
    .option(
      "--against <what>",
      "cached: the configuration of each add (the default); or the path of a file",
    );
  addLookOptions(diff).action(async (name: string, options: DiffOptions) => {
    const { runDiff } = await import("../command/diff.ts");
    finish(await runDiff(io, name, options));
  });
}
