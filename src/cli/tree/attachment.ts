/** The commands about one attachment. */
import type { CliIo } from "../io.ts";
import type { CommonOptions } from "../request.ts";
import { addCapabilityOptions, addIdentityOptions, addRuntimeOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addAttachmentCommands({ program, io, finish }: Tree): void {
  type Run = (io: CliIo, network: string, netns: string, options: CommonOptions) => Promise<number>;
  const attachment = async (): Promise<typeof import("../command/attachment.ts")> =>
    await import("../command/attachment.ts");
  const commands: readonly [string, string, () => Promise<Run>][] = [
    ["add", "attach a container", async () => (await attachment()).runAdd],
    [
      "check",
      "tell whether an attachment is as it should be",
      async () => (await attachment()).runCheck,
    ],
    ["del", "take an attachment away", async () => (await attachment()).runDel],
    [
      "plan",
      "print what add would do to what stands now, and touch nothing",
      async () => (await import("../command/plan.ts")).runPlan,
    ],
  ];
  for (const [name, description, load] of commands) {
    const command = program.command(name).description(description);
    command.argument("<network>", "name of the network, or path of its configuration");
    const isPresent = name === "del" || name === "check";
    if (isPresent) {
      command.argument("[netns]", "namespace of the container; not needed with --id", "");
    } else {
      command.argument("<netns>", "namespace of the container");
    }
    addIdentityOptions(command, isPresent);
    if (name !== "check") addCapabilityOptions(command);
    if (name === "del") {
      command.option("--dry-run", "print what would be removed, and touch nothing");
    }
    addRuntimeOptions(command);
    command.action(async (network: string, netns: string, options: CommonOptions) => {
      finish(await (await load())(io, network, netns, options));
    });
  }
}
