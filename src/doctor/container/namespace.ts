/** Is the container's namespace there, and is it that of the ADD? */
import { statSync } from "node:fs";
import { shellWord } from "../../base/index.ts";
import {
  isOwnPath,
  leadsTo,
  Netns,
  NetnsGoneError,
  NotANetnsError,
} from "../../kernel/netns/index.ts";
import { ContainerFacts } from "../facts/container.ts";
import { NotReached, type Report, type StageSpec } from "../report.ts";
import type { Examination } from "./examination.ts";

export const namespace: StageSpec<Examination> = {
  name: "namespace",
  title: "namespace alive",
  look(examination, report) {
    const { netns, identity } = examination.subject;
    if (netns === "" || isOwnPath(netns)) throw new NotReached("no path of the namespace is known");
    report.look(netns);
    const facts = open(examination, report);
    if (identity !== undefined && !leadsTo(netns, identity)) {
      facts[Symbol.dispose]();
      report.find(
        "namespace-replaced",
        `${netns} is another namespace than that of the ADD: the container's own is gone, or has another path`,
        examination.removal,
      );
      throw new NotReached("the namespace is another one");
    }
    using own = Netns.current();
    if (facts.netns.same(own)) {
      facts[Symbol.dispose]();
      report.find("namespace-of-host", `${netns} is the host's own namespace`, examination.removal);
      throw new NotReached("the namespace is the host's own");
    }
    examination.container = facts;
    const proof = identity?.cookie === undefined ? "" : ", by its cookie that of the ADD";
    report.pass(`${netns}${proof}`);
  },
};

function open(examination: Examination, report: Report): ContainerFacts {
  const { netns } = examination.subject;
  try {
    return new ContainerFacts(netns);
  } catch (error) {
    const isOther = error instanceof NotANetnsError;
    if (!isOther && !(error instanceof NetnsGoneError)) throw error;
    const isFile = statSync(netns, { throwIfNoEntry: false }) !== undefined;
    report.find(
      "namespace-gone",
      isFile ? `${netns} is no network namespace any more` : `${netns} does not exist any more`,
      examination.subject.isKnown ? examination.removal : `ls -l ${shellWord(netns)}`,
    );
    throw new NotReached("the namespace is gone");
  }
}
