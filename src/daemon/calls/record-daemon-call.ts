import { errorText } from "../../base/index.ts";
import { entryOf, type Journal, validityIn } from "../attachments/index.ts";
import type { CallFacts } from "./facts.ts";
import type { CallJournal } from "./perform.ts";

/** So many files are looked at after a GC before other calls have their turn. */
const SLICE = 64;

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
  const attempt = (what: FailedNote["what"], facts: CallFacts, work: () => void): void => {
    try {
      work();
    } catch (error) {
      const { containerId: container, network } = facts;
      onFailed({ what, container, network, reason: errorText(error) });
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
      const isValid = validityIn(config);
      const names = journal.names();
      for (let from = 0; from < names.length; from += SLICE) {
        const some = names.slice(from, from + SLICE);
        attempt("gc", facts, () => journal.collected(facts.network, facts.plugin, isValid, some));
        await Bun.sleep(0);
      }
    },
  };
}
