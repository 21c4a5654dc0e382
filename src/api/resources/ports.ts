import type { PortsForm } from "../../forms/index.ts";
import { listenersOn, portFacts, portsOf } from "../../view/ports/index.ts";
import { orProblem, type Problem } from "../../view/sources/index.ts";
import { hostPortForm, listenerForm } from "../form/index.ts";
import { problemsOf, problemText } from "./problem.ts";
import type { AskedNode, Resource } from "./resource.ts";

export const ports: Resource = {
  path: "ports",
  summary: "Which ports of the host lead where, and what listens on them, as `hawser ports`.",
  parameters: [],
  form: "ports",
  answer: (node): PortsForm => hostPortsOf(node),
};

export function hostPortsOf({ look: { view }, env }: Pick<AskedNode, "look" | "env">): PortsForm {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem): number => problems.push(problem);
  const found = portsOf(portFacts(view.attachments, env, onProblem));
  const wanted = new Set(
    found.map(({ target: { mapping } }) => `${mapping.protocol} ${mapping.hostPort}`),
  );
  const listeners = orProblem("the sockets that listen", onProblem, () =>
    listenersOn((port, protocol) => wanted.has(`${protocol} ${port}`)),
  );
  return {
    ports: found.map(hostPortForm),
    listeners: (listeners ?? []).map(listenerForm),
    problems: [...problemsOf(view), ...problems.map(problemText)],
  };
}
