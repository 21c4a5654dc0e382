import { statSync } from "node:fs";
import type { JournalEntry } from "./entry.ts";

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
  const status = statSync(netnsPath, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const netns = { path: call.env["CNI_NETNS"] ?? "", dev: status.dev, ino: status.ino };
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.env)) if (isKept(name)) env[name] = value;
  return { plugin, network, containerId, ifName, netns, cwd, env, stdin };
}

function isKept(name: string): boolean {
  return KEPT.test(name) && !DROPPED.includes(name);
}
