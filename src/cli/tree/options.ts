/** Options that more than one command has. */
import { type Command, Option } from "commander";
import * as read from "../values.ts";

/** @param isPresent for an attachment that is there: then less than its whole name will do */
export function addIdentityOptions(command: Command, isPresent: boolean): Command {
  return command
    .option("-i, --ifname <name>", "interface in the container (default: eth0)", read.readIfName)
    .option(
      "--id <id>",
      isPresent
        ? "container ID, its beginning, or a pod (default: made of the namespace's path)"
        : "container ID (default: made of the namespace's path)",
      isPresent ? read.readContainerOrPod : read.readContainerId,
    )
    .option("-a, --arg <K=V>", "argument for the plugins; repeatable", read.readArgs);
}

export function addCapabilityOptions(command: Command): Command {
  return command
    .option("--cap <json>", "capability arguments, a JSON object", read.readCapabilities)
    .option(
      "-p, --port <mapping>",
      "[hostIP:]hostPort:containerPort[/tcp|udp|sctp]; repeatable",
      read.readPort,
    )
    .option("--mac <address>", "hardware address of the container's interface", read.readMac)
    .option("--ip <address>", "address of the container; repeatable", read.readIp);
}

const STATES = ["ok", "drift", "orphan", "leak", "unfinished", "unclear"];

/** Which attachments a command is about. */
export function addFilterOptions(command: Command): Command {
  return command
    .option("--network <name>", "attachments to this network; repeatable", read.readName)
    .option(
      "--pod <name>",
      "of pods whose name begins so, or NAMESPACE/NAME; repeatable",
      read.readName,
    )
    .option("--container <id>", "of containers whose ID begins so; repeatable", read.readName)
    .option("--address <ip>", "that has this address; repeatable", read.readAddresses)
    .addOption(
      new Option("--state <state>", "in this state; repeatable")
        .choices(STATES)
        .argParser(read.readSection(STATES)),
    );
}

/** Of commands that look at the node, and call no plugin. */
export function addLookOptions(command: Command): Command {
  return addPlaceOptions(command, "the usual places").option(
    "--json",
    "answer in JSON, errors too",
  );
}

function addPlaceOptions(command: Command, cacheDir: string): Command {
  return command
    .option("--conf-dir <dir>", "where networks are configured (default: /etc/cni/net.d)")
    .option("--cache-dir <dir>", `where attachments are remembered (default: ${cacheDir})`);
}

export function addRuntimeOptions(command: Command): Command {
  return addPlaceOptions(command, "/var/lib/cni")
    .option("--plugin-dir <dir>", "where plugins are searched; repeatable", read.readDirectory)
    .addOption(
      new Option("--timeout <time>", "the longest a plugin may take, such as 30s").argParser(
        read.readDuration,
      ),
    )
    .option("--json", "answer in JSON, errors too");
}
