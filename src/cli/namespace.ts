/** Why an ADD was refused, as far as what is known of the node tells more than the plugin. */
import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { leadsTo } from "../kernel/netns/index.ts";
import type { Runtime, RuntimeConf } from "../runtime/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { knownOrNone } from "../view/index.ts";
import type { CliIo } from "./io.ts";
import { NETNS_DIR } from "./request.ts";
import { suggestion } from "./suggest.ts";

/** What to do about a failed ADD; undefined where only the plugin knows. */
export function adviceForAdd(
  thrown: unknown,
  { netns, ifName }: RuntimeConf,
  runtime: Runtime,
  io: CliIo,
): string | undefined {
  const { code, advice } = CniError.from(thrown);
  if (advice !== undefined) return undefined;
  // What has nothing to do with the namespace.
  const isOther = code === ErrorCode.PLUGIN_NOT_AVAILABLE || code === ErrorCode.TRY_AGAIN_LATER;
  if (isOther) return undefined;
  if (!existsSync(netns)) {
    return `there is no namespace ${netns}; ${suggestion(basename(netns), namesOfNetns())}`;
  }
  if (code !== ErrorCode.INVALID_ENVIRONMENT_VARIABLES) return undefined;
  const there = knownOrNone(runtime, { ...io, isRoot: true }, () => undefined).find(
    (one) => one.ifName === ifName && one.identity !== undefined && leadsTo(netns, one.identity),
  );
  if (there === undefined) return undefined;
  const del = `hawser del ${there.network} --id ${there.containerId} --ifname ${ifName}`;
  return `network ${there.network} has attached ${ifName} there: run \`${del}\`, or use another --ifname`;
}

function namesOfNetns(): string[] {
  try {
    return readdirSync(NETNS_DIR);
  } catch {
    return [];
  }
}
