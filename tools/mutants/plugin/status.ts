import type { Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import { failing, failure, note, noted, nothing, on, reads, refuses, where } from "../spoil.ts";

/** Faults of STATUS. */

const spoiledStatus = (spoil: Spoil): Spoil => on("STATUS", spoil);

export const status = mutantsOf("bridge", {
  "status-always-succeeds": ["STATUS succeeds always", spoiledStatus(nothing)],
  "status-always-fails": ["STATUS fails always", spoiledStatus(refuses(50, "not available"))],
  "status-not-forwarded": [
    "STATUS does not call the IPAM",
    spoiledStatus(
      reads((config) => {
        delete config["ipam"];
      }),
    ),
  ],
  "status-exits-0-with-an-error": [
    "STATUS prints its error and exits with 0",
    spoiledStatus(failing(() => ({ code: 0 }))),
  ],
  "status-error-recoded": [
    "the error of the IPAM's STATUS becomes another",
    spoiledStatus(
      failure((error) => {
        if (error["code"] === 50 || error["code"] === 51) error["code"] = 999;
      }),
    ),
  ],
  "status-error-on-stderr": [
    "the error of STATUS stands on stderr",
    spoiledStatus(failing(({ stdout }) => ({ stdout: "", stderr: stdout }))),
  ],
  "status-unknown": [
    "STATUS is no operation",
    spoiledStatus(refuses(4, "unknown CNI_COMMAND: STATUS")),
  ],
  "status-needed-before-add": [
    "ADD fails until STATUS was called",
    (call) => {
      if (call.operation === "STATUS") note("asked");
      return call.operation === "ADD" && !noted("asked")
        ? refuses(50, "call STATUS first")(call)
        : call.real();
    },
  ],
  "status-stops-all": [
    "after a STATUS that failed nothing works any more",
    (call) => {
      const isStopped = noted("stopped") && call.operation !== "VERSION";
      if (isStopped) return refuses(50, "not available")(call);
      const answer = call.real();
      if (call.operation === "STATUS" && answer.code !== 0) note("stopped");
      return answer;
    },
  ],
  "status-needs-a-container": [
    "STATUS asks for CNI_NETNS",
    spoiledStatus(
      where(({ env }) => (env["CNI_NETNS"] ?? "") === "", refuses(4, "CNI_NETNS missing")),
    ),
  ],
});
