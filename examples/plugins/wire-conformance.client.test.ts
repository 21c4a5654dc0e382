import { expect } from "bun:test";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";
import { runStep, stepFor } from "../../tests/support/workflow-step.ts";

requireOwnNamespaces();

const RUN_MS = 400_000;
/** Fewer would mean that the suite had nothing to say. */
const CHECKS_MIN = 100;

needs(
  "ip",
  "jq",
  "nsenter",
  "unshare",
  "kernel:ipv6",
)(
  "wire keeps all that the suite can try, each SHOULD too",
  async () => {
    const { stdout, exitCode } = await runStep(`${stepFor("wire")} --strict`, RUN_MS);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(" 0 failed, ")]);
    expect(Number(/^(\d+) passed/m.exec(stdout)?.[1])).toBeGreaterThan(CHECKS_MIN);
  },
  RUN_MS,
);
