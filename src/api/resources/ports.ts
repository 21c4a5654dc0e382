import type { PortsForm } from "../../forms/index.ts";
import { listenersOn, portFacts, portsOf } from "../../view/ports/index.ts";
import { orProblem } from "../../view/sources/index.ts";
import { hostPortForm, listenerForm } from "../form/index.ts";
import { ProblemList } from "./problem.ts";
import type { AskedNode, Resource } from "./resource.ts";

export const ports: Resource = {
  path: "ports",
  summary: "Which ports of the host lead where, and what listens on them, as `hawser ports`.",
  parameters: [],
  form: "ports",
  answer({ look: { view }, env }): PortsForm {
    const problems = new ProblemList(view);
    const found = portsOf(portFacts(view.attachments, env, problems.note));
    const wanted = new Set(
      found.map(({ target: { mapping } }) => `${mapping.protocol} ${mapping.hostPort}`),
    );
    const listeners = orProblem("the sockets that listen", problems.note, () =>
      listenersOn((port, protocol) => wanted.has(`${protocol} ${port}`)),
    );
    return {
      ports: found.map(hostPortForm),
      listeners: (listeners ?? []).map(listenerForm),
      problems: problems.texts,
    };
  },
};

/** The ports alone; what cannot be read is a problem of the resource. */
export function hostPortsOf({ look: { view }, env }: AskedNode): PortsForm["ports"] {
  return portsOf(portFacts(view.attachments, env, () => undefined)).map(hostPortForm);
}
