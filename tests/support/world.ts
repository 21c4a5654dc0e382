import { readlinkSync } from "node:fs";
import { requireOwnNamespaces } from "./namespaces.ts";

/**
 * The guard of every kernel test, so that none can ever touch the network of the machine it runs on:
 * the test runner preloads it (`world-preload.ts`) into each `*.netns.test.ts` and
 * `*.client.test.ts`.
 */

/** Set by the test runner: the network namespace that it was itself started in. */
export const HOME_VARIABLE = "HAWSER_TEST_HOME_NETNS";

/** The network namespace of this process, as /proc names it. */
export function ownNetns(): string {
  return readlinkSync("/proc/self/ns/net");
}

/** Throws in the namespaces of the machine, or in those that the test runner was started in. */
export function requireOwnWorld(home: string | undefined, own: string): void {
  if (home === own) {
    throw new Error(
      "refusing to run a kernel test in the network namespace that the test runner was started in: " +
        "run it with `npm test -- <part of its path>`",
    );
  }
  requireOwnNamespaces();
}
