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

/** Set by the test runner: the namespaces that it was itself started in, as `ownNamespaces` gives them. */
export const HOME_VARIABLE = "HAWSER_TEST_HOME";

/** The namespaces of this process, in words that another process can compare. */
export function ownNamespaces(): string {
  return OWN.map((kind) => namespaceOf("self", kind)).join(" ");
}

/**
 * Which of the network and mount namespaces of this process are the machine's own: shared with
 * process 1 or, where that one may not be looked at, with the farthest ancestor that may; and those
 * that the test runner was started in. In a user namespace no ancestor may be looked at, so that
 * only the test runner's word tells.
 */
export function sharedWithMachine(home: string | undefined = process.env[HOME_VARIABLE]): string[] {
  return OWN.filter((kind) => {
    const own = namespaceOf("self", kind);
    if (own === undefined || home?.split(" ").includes(own) === true) return true;
    const seen = [...ancestors(), "1"].map((pid) => namespaceOf(pid, kind));
    const machine = seen.findLast((namespace) => namespace !== undefined);
    return machine === undefined ? home === undefined : machine === own;
  });
}

/** @throws Error unless this process lives in network and mount namespaces of its own */
export function requireOwnNamespaces(): void {
  const shared = sharedWithMachine();
  if (shared.length > 0) {
    throw new Error(
      `refusing to change the machine's own ${shared.join(" and ")} namespace: ` +
        "start tests with `npm test -- <part of the path>`, and others under `unshare --net --mount`",
    );
  }
}
