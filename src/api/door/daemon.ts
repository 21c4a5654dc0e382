import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { NodeForm } from "../../forms/index.ts";

const ANSWER_MS = 500;

/** How the node daemon is that listens at this socket. */
export async function daemonAt(socket: string): Promise<NodeForm["daemon"]> {
  const unix = `${dirname(socket)}/status.sock`;
  if (!existsSync(unix)) return "none";
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const { ok } = await fetch("http://daemon/readyz", { unix, signal });
    return ok ? "ready" : "not ready";
  } catch {
    return "none";
  }
}
