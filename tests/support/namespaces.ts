import { readFileSync, readlinkSync } from "node:fs";

/** The namespaces that tests may change only when they are their own. */
const OWN = ["net", "mnt"] as const;

function namespaceOf(pid: string, kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

function parentOf(pid: string): string | undefined {
  try {
    return /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** The processes that this one descends from, nearest first. */
export function ancestors(): string[] {
  const found: string[] = [];
  for (let pid = parentOf("self"); pid !== undefined && pid !== "0"; pid = parentOf(pid)) {
    found.push(pid);
  }
  return found;
}

/**
 * Which of the network and mount namespaces of this process are the machine's own: shared with
 * process 1 or, where that one may not be looked at, with the farthest ancestor that may.
 */
export function sharedWithMachine(): string[] {
  return OWN.filter((kind) => {
    const seen = [...ancestors(), "1"].map((pid) => namespaceOf(pid, kind));
    const machine = seen.findLast((namespace) => namespace !== undefined);
    return machine === undefined || machine === namespaceOf("self", kind);
  });
}

/** Throws unless this process lives in network and mount namespaces of its own. */
export function requireOwnNamespaces(): void {
  const shared = sharedWithMachine();
  if (shared.length > 0) {
    throw new Error(
      `refusing to change the machine's own ${shared.join(" and ")} namespace: ` +
        "run this under `unshare --net --mount`",
    );
  }
}
