import { defined } from "../../base/index.ts";
import { Netns, NetnsGoneError, NotANetnsError } from "../../kernel/netns/index.ts";
import type { JournalEntry, NetnsNote } from "./entry.ts";

/** What is noted of a call. */
export interface NotedCall {
  readonly plugin: string;
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: string;
  /** A path that leads this process to the container's namespace. */
  readonly netnsPath: string;
}

/** What a plugin reads of its environment; the rest of it is nobody's business later. */
const KEPT = /^(?:CNI_|HAWSER_|PATH$)/u;
/** What was true of that one call alone. */
const DROPPED: readonly string[] = ["HAWSER_RECOVER", "HAWSER_NESTED"];

/** The entry of an ADD; undefined when there is nothing that could outlive its namespace. */
export function entryOf(call: NotedCall): Omit<JournalEntry, "bootId"> | undefined {
  const { plugin, network, containerId, ifName, cwd, stdin, netnsPath } = call;
  if (network === "" || containerId === "" || ifName === "") return undefined;
  const netns = identify(netnsPath, call.env["CNI_NETNS"] ?? "");
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
