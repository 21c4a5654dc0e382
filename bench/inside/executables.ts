import {
  type AttachmentParameters,
  type ChainResult,
  callEnvironment,
  runChain,
} from "../../tests/support/chain.ts";
import { dbnet } from "../../tests/support/dbnet.ts";
import { run } from "../../tests/support/exec.ts";
import type { Subject } from "./subject.ts";
import type { Order, Way } from "./way.ts";

type Executables = Extract<Way, { way: "executables" }>;

/** The chain run from a directory of executables by a runner that only knows the specification. */
export function executables(
  how: Executables,
  order: Omit<Order, "how">,
  attachment: AttachmentParameters,
): Subject {
  const { dir, backend } = how;
  const list = order.list ?? dbnet({ backend, dualStack: order.dualStack ?? false });
  const first = order.prevResult as ChainResult | undefined;
  let result = first;
  const call = async (operation: "ADD" | "DEL"): Promise<void> => {
    const before = operation === "ADD" ? first : result;
    const prevResult = before === undefined ? {} : { prevResult: before };
    const answer = await runChain({ dir, list, operation, attachment, ...prevResult });
    result = answer.result ?? result;
  };
  return { add: () => call("ADD"), del: () => call("DEL") };
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

/** Another subject's work, with so many starts of a process that does nothing before it. */
export function withStarts(subject: Subject, processes: number): Subject {
  const nothing = start(["/bin/true"]);
  const starts = async (): Promise<void> => {
    for (let left = processes; left > 0; left--) await nothing.add();
  };
  return {
    add: async () => {
      await starts();
      await subject.add();
    },
    del: async () => {
      await starts();
      await subject.del();
    },
  };
}
