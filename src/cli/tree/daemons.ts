/** The commands that serve. */
import { Option } from "commander";
import type { DaemonFlags } from "../../daemon/index.ts";
import type { DaemonQuestions } from "../command/daemon.ts";
import * as read from "../values.ts";
import type { Tree } from "./tree.ts";

/** Flags of a daemon are its own, in the shape that its Go namesake has them. */
export function addDaemons({ program, io, finish }: Tree): void {
  program
    .command("daemon")
    .description("serve the plugins' entry programs: one process does all their work")
    .option("--socket <path>", "where to listen (default: HAWSER_SOCKET, /run/hawser/daemon.sock)")
    .option("--replace", "take the place of a daemon that runs")
    .option("--dhcp", "keep the DHCP leases, too")
    .option("--dhcp-socket <path>", "where the dhcp plugin asks (default: /run/cni/dhcp.sock)")
    .option("--metrics <address:port>", "tell health and metrics by HTTP there, too")
    .addOption(
      new Option(
        "--reconcile-interval <time>",
        "how often to look for attachments whose namespace is gone (default: 1m)",
      ).argParser(read.readDuration),
    )
    .addOption(
      new Option(
        "--reconcile-grace <time>",
        "how long a namespace is gone before its attachment is removed (default: 1m)",
      ).argParser(read.readDuration),
    )
    .option("--no-reconcile", "remove no attachments")
    .option("--sync", "put back what others take away of attachments (also: HAWSER_SYNC=1)")
    .addOption(
      new Option(
        "--sync-interval <time>",
        "with it, how often to look at all attachments besides (default: 10m)",
      ).argParser(read.readDuration),
    )
    .option("--status", "ask the daemon that runs how it is: exit code 0 when it is ready")
    .addOption(
      new Option(
        "--history [address]",
        "print when which attachment had which addresses, or had this one",
      ).argParser(read.readAddress),
    )
    .addOption(
      new Option("--at <time>", "of the history, what was at that time").argParser(read.readTime),
    )
    .action(async (flags: DaemonFlags & DaemonQuestions) => {
      const { runDaemonCommand } = await import("../command/daemon.ts");
      finish(await runDaemonCommand(io, flags));
    });
  program
    .command("dhcp")
    .description("serve the dhcp plugin")
    .command("daemon")
    .description("keep DHCP leases; -help tells its flags")
    .argument("[flags...]", "flags of the daemon, such as -socketpath PATH")
    .allowUnknownOption(true)
    .helpOption(false)
    .action(async (flags: string[]) => {
      const { runDhcp } = await import("../command/dhcp.ts");
      finish(await runDhcp(io, flags));
    });
}
