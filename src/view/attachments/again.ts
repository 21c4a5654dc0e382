import { shellWord } from "../../base/index.ts";
import { printJson } from "../../spec/index.ts";
import type { NodeAttachment } from "./attachment.ts";

/** The commands that attach a container anew, with what its ADD was given. */
export function commandsToAttachAgain({
  network,
  containerId,
  ifName,
  netns,
  cached,
}: NodeAttachment): [del: string, add: string] {
  const identity = ["--id", containerId, ...(ifName === "eth0" ? [] : ["--ifname", ifName])];
  const args = (cached?.args ?? []).flatMap(([key, value]) => ["--arg", `${key}=${value}`]);
  const caps = cached?.capabilityArgs ?? {};
  const given = Object.keys(caps).length === 0 ? [] : ["--cap", printJson(caps)];
  const lineOf = (...words: readonly string[]): string => words.map(shellWord).join(" ");
  return [
    lineOf("hawser", "del", network, ...identity),
    lineOf("hawser", "add", network, netns, ...identity, ...args, ...given),
  ];
}
