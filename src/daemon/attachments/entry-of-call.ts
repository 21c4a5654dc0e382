import { defined } from "../../base/index.ts";
import type { NetnsNote, NewEntry } from "../../journal/index.ts";
import { Netns, NetnsGoneError, NotANetnsError } from "../../kernel/netns/index.ts";
import { RECOVER_VARIABLE } from "../../plugins/registry/index.ts";
import { ENV } from "../../spec/index.ts";
import { NESTED_VARIABLE, STARTS_VARIABLE } from "../environment.ts";

/** The parts of a call that its note is made of. */
interface NotedCall {
  readonly plugin: string;
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: string;
  /** A path by which this process reaches the container's namespace. */
  readonly netnsPath: string;
}

/** The variables that plugins read; the others are not noted. */
const KEPT = /^(?:CNI_|HAWSER_|PATH$)/u;
/** Variables that concern this one call alone. */
const DROPPED: readonly string[] = [RECOVER_VARIABLE, NESTED_VARIABLE, STARTS_VARIABLE];

/** The entry of an ADD; undefined for a call that cannot make an attachment. */
export function entryOf(call: NotedCall): NewEntry | undefined {
  const { plugin, network, containerId, ifName, cwd, stdin, netnsPath } = call;
  if (network === "" || containerId === "" || ifName === "") return undefined;
  const netns = identify(netnsPath, call.env[ENV.NETNS] ?? "");
  if (netns === undefined) return undefined;
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.env)) if (isKept(name)) env[name] = value;
  return { plugin, network, containerId, ifName, netns, cwd, env, stdin };
}

/** The namespace that `netnsPath` leads to, under the caller's path; undefined when it is none. */
function identify(netnsPath: string, path: string): NetnsNote | undefined {
  try {
    using netns = Netns.open(netnsPath);
    return { path, dev: netns.dev, ino: netns.ino, ...defined({ cookie: netns.cookie }) };
  } catch (error) {
    if (error instanceof NetnsGoneError || error instanceof NotANetnsError) return undefined;
    throw error;
  }
}

function isKept(name: string): boolean {
  return KEPT.test(name) && !DROPPED.includes(name);
}
