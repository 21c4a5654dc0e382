import {
  type AttachmentParameters,
  type ChainResult,
  callEnvironment,
  runChain,
} from "../tests/support/chain.ts";
import { dbnet } from "../tests/support/dbnet.ts";
import { run } from "../tests/support/exec.ts";
import type { Backend } from "../tests/support/plugin-sets.ts";

/** Something that can attach and detach one container, again and again. */
export interface Subject {
  add(): Promise<void>;
  del(): Promise<void>;
}

/** The chain run from a directory of executables by a runner that only knows the specification. */
export function executables(
  dir: string,
  backend: Backend | undefined,
  attachment: AttachmentParameters,
): Subject {
  const list = dbnet({ backend });
  let result: ChainResult | undefined;
  return {
    add: async () => {
      result = (await runChain({ dir, list, operation: "ADD", attachment })).result;
    },
    del: async () => {
      const before = result === undefined ? {} : { prevResult: result };
      await runChain({ dir, list, operation: "DEL", attachment, ...before });
    },
  };
}

/** A process start counted as ADD; there is no DEL. */
export function start(argv: readonly string[]): Subject {
  const [path = ""] = argv;
  const env = callEnvironment("VERSION", path.replace(/\/[^/]*$/, ""), undefined);
  return {
    add: async () => {
      const answer = await run(argv, { env, stdin: '{"cniVersion":"1.0.0"}' });
      if (answer.exitCode !== 0) {
        throw new Error(`${argv.join(" ")}: exit code ${answer.exitCode}: ${answer.stderr}`);
      }
    },
    del: async () => {},
  };
}
