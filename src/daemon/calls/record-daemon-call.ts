import { errorText } from "../../base/index.ts";
import type { Journal } from "../../journal/index.ts";
import { entryOf, validityIn } from "../attachments/index.ts";
import type { CallFacts } from "./facts.ts";
import type { CallJournal } from "./perform.ts";

/** The facts of a note that could not be written, for the log. */
export interface FailedNote {
  readonly what: "add" | "del" | "gc";
  readonly container: string;
  readonly network: string;
  readonly reason: string;
}

/**
 * Notes the daemon's calls in the journal. A note that cannot be written is reported, and is no reason
 * to fail the call: it serves only containers that no runtime removes.
 */
export function recordDaemonCalls(
  journal: Journal,
  onFailed: (note: FailedNote) => void,
): CallJournal {
  const failed = (what: FailedNote["what"], facts: CallFacts, error: unknown): void => {
    const { containerId: container, network } = facts;
    onFailed({ what, container, network, reason: errorText(error) });
  };
  const attempt = (what: FailedNote["what"], facts: CallFacts, work: () => void): void => {
    try {
      work();
    } catch (error) {
      failed(what, facts, error);
    }
  };
  return {
    begin: (facts, { cwd, env }, stdin, netnsPath) => {
      let isNoted = false;
      attempt("add", facts, () => {
        if (facts.network === "") return; // the text may be no configuration then
        const entry = entryOf({ ...facts, cwd, env, stdin: stdin(), netnsPath });
        if (entry === undefined) return;
        journal.added(entry);
        isNoted = true;
      });
      return isNoted;
    },
    forget: (facts) => attempt("del", facts, () => journal.deleted(facts, facts.plugin)),
    collected: async (facts, config) => {
      try {
        await journal.collected(facts.network, facts.plugin, validityIn(config));
      } catch (error) {
        failed("gc", facts, error);
      }
    },
  };
}
