import { errorText } from "../base/index.ts";
import type { CallFacts, CallJournal } from "./calls/index.ts";
import { entryOf, type Journal } from "./journal/index.ts";
import type { Log } from "./log.ts";
import type { Request } from "./protocol/index.ts";

/**
 * Notes calls in the journal. A note that cannot be written is told, and is no reason to fail the
 * call: it serves only the containers that no runtime takes away.
 */
export function notingCalls(journal: Journal, log: Log): CallJournal {
  const orTell = (what: string, facts: CallFacts, work: () => void): void => {
    try {
      work();
    } catch (error) {
      const reason = errorText(error);
      log.warn("journal", { what, container: facts.containerId, network: facts.network, reason });
    }
  };
  return {
    begin: (facts, { cwd, env }: Request, stdin, netnsPath) => {
      let isNoted = false;
      orTell("add", facts, () => {
        if (facts.network === "") return; // stdin may be anything then
        const entry = entryOf({ ...facts, cwd, env, stdin: stdin(), netnsPath });
        if (entry === undefined) return;
        journal.added(entry);
        isNoted = true;
      });
      return isNoted;
    },
    forget: (facts) => orTell("del", facts, () => journal.deleted(facts, facts.plugin)),
  };
}
