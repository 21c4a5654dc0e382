import { rmSync } from "node:fs";
import type { PluginAnswer } from "../../../src/invoke/index.ts";
import type { Fault } from "./fault.ts";
import { runtimeMutants } from "./make.ts";

/** Faults of what is made of the answers of plugins. */

/** Failures of an operation's plugins count as successes. */
function deaf(operation: string, stdout = ""): Fault {
  return {
    call: async (call, run, about) => {
      const answer = await run(call);
      if (about.operation !== operation || answer.exitCode === 0) return answer;
      return { ...answer, exitCode: 0, stdout };
    },
  };
}

/** The plugins after one that failed are not called. */
function stopping(operation: string): Fault {
  let failed: PluginAnswer | undefined;
  return {
    call: async (call, run, about) => {
      if (about.operation !== operation) return await run(call);
      if (failed !== undefined) return failed;
      const answer = await run(call);
      if (answer.exitCode !== 0) failed = answer;
      return answer;
    },
  };
}

export const failures = runtimeMutants({
  "add-ignores-errors": [
    "a plugin that fails in ADD counts as one with an empty result",
    deaf("ADD", "{}"),
  ],
  "del-ignores-errors": ["a plugin that fails in DEL is not heard", deaf("DEL")],
  "check-ignores-errors": ["a plugin that fails in CHECK is not heard", deaf("CHECK")],
  "gc-ignores-errors": ["a plugin that fails in GC is not heard", deaf("GC")],
  "status-ignores-errors": ["a plugin that fails in STATUS is not heard", deaf("STATUS")],
  "gc-stops-at-the-first-error": ["GC stops at the first error", stopping("GC")],
  "exit-code-ignored": [
    "what a plugin prints counts, not its exit code",
    {
      call: async (call, run) => {
        const answer = await run(call);
        return { ...answer, exitCode: 0 };
      },
    },
  ],
  "add-of-nothing-accepted": [
    "an ADD that prints nothing counts as an empty result",
    {
      call: async (call, run, { operation }) => {
        const answer = await run(call);
        return operation === "ADD" && answer.stdout.trim() === "" && answer.exitCode === 0
          ? { ...answer, stdout: "{}" }
          : answer;
      },
    },
  ],
  "output-of-check-judged": [
    "what a CHECK prints counts as an error",
    {
      call: async (call, run, { operation }) => {
        const answer = await run(call);
        return operation === "CHECK" && answer.stdout !== "" ? { ...answer, exitCode: 1 } : answer;
      },
    },
  ],
  "error-code-lost": [
    "the code of a plugin's error is lost",
    {
      instead: async ({ run }) => {
        try {
          return await run();
        } catch {
          throw new Error("the operation failed");
        }
      },
    },
  ],
  "del-goes-on-after-errors": [
    "DEL goes on after an error",
    { options: { continueOnError: true } },
  ],
  "del-fails-and-succeeds": [
    "a DEL that fails is reported as done",
    {
      instead: async ({ task, run }) => {
        try {
          return await run();
        } catch (error) {
          if (task.operation === "DEL") return "";
          throw error;
        }
      },
    },
  ],
  "cache-lost-in-a-failed-del": [
    "the cache is emptied by a DEL that fails",
    {
      instead: async ({ task, run }) => {
        try {
          return await run();
        } catch (error) {
          if (task.operation === "DEL") rmSync(task.cacheDir, { recursive: true, force: true });
          throw error;
        }
      },
    },
  ],
});
