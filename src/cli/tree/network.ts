/** The commands about a network as a whole. */
import { defined } from "../../base/index.ts";
import { printJson } from "../../spec/index.ts";
import type { GcOptions } from "../command/gc.ts";
import { ExitCode } from "../io.ts";
import type { CommonOptions } from "../request.ts";
import * as read from "../values.ts";
import { COMMIT, VERSION } from "../version.ts";
import { addRuntimeOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addNetworkCommands({ program, io, finish }: Tree): void {
  const gc = program
    .command("gc")
    .description("remove what belongs to no valid attachment")
    .argument("<network>", "name of the network, or path of its configuration")
    .argument("[netns]", "not used; the other commands have one")
    .option("--valid <id:ifname>", "an attachment to keep; once for each", read.readValid)
    .option("--none-valid", "keep none: remove everything of this network")
    .option("--dead", "remove those whose namespace is gone, and nothing else")
    .option("--dry-run", "print what would be removed, and touch nothing");
  addRuntimeOptions(gc).action(async (name: string, _netns: unknown, options: GcOptions) => {
    const { runGc } = await import("../command/gc.ts");
    finish(await runGc(io, name, options));
  });
  const status = program
    .command("status")
    .description("tell whether networks are ready to attach containers")
    .argument("[network]", "name of the network, or path of its configuration; without it: all")
    .argument("[netns]", "not used; the other commands have one");
  addRuntimeOptions(status).action(
    async (name: string | undefined, _: unknown, options: CommonOptions) => {
      const { runStatus } = await import("../command/status.ts");
      finish(await runStatus(io, name, options));
    },
  );
  const version = program
    .command("version")
    .description("print the protocol versions that a network's plugins support")
    .argument("[network]", "name of the network; without it: Hawser's own version")
    .argument("[netns]", "not used; the other commands have one");
  addRuntimeOptions(version).action(
    async (name: string | undefined, _: unknown, options: CommonOptions) => {
      if (name === undefined) {
        io.stdout.write(ownVersion(options.json === true));
        finish(ExitCode.DONE);
        return;
      }
      const { runVersion } = await import("../command/version.ts");
      finish(await runVersion(io, name, options));
    },
  );
}

function ownVersion(json: boolean): string {
  const answer = { operation: "VERSION", hawser: VERSION, ...defined({ commit: COMMIT }) };
  if (json) return `${printJson(answer, 2)}\n`;
  return COMMIT === undefined ? `hawser ${VERSION}\n` : `hawser ${VERSION} (commit ${COMMIT})\n`;
}
