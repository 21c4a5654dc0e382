/** The command that puts attachments right. */
import type { SyncCommandOptions } from "../command/sync.ts";
import * as read from "../values.ts";
import { addRuntimeOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addSync({ program, io, finish }: Tree): void {
  const sync = program
    .command("sync")
    .description("put back what has been lost of attachments: rules, addresses, routes, sysctls")
    .argument("[attachment]", "a container ID or its beginning, a pod, or a whole network")
    .option("--id <id>", "the attachments of this container, or of the only one that begins so")
    .option("-i, --ifname <name>", "the attachments with this interface", read.readIfName)
    .option("--all", "every attachment of this node")
    .option("--dry-run", "print what is missing and could be put back; touch nothing");
  addRuntimeOptions(sync).action(async (what: string | undefined, options: SyncCommandOptions) => {
    const { runSync } = await import("../command/sync.ts");
    finish(await runSync(io, what, options));
  });
}
