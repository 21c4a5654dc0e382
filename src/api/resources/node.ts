import { hostname } from "node:os";
import type { NodeForm } from "../../forms/index.ts";
import { problemsOf } from "./problem.ts";
import type { Resource } from "./resource.ts";

export const node: Resource = {
  path: "node",
  summary: "This node, and how much of it could be read.",
  parameters: [],
  form: "node",
  async answer({ look: { view, revision }, version, by, daemon }): Promise<NodeForm> {
    return {
      hostname: hostname(),
      version,
      time: new Date().toISOString(),
      revision,
      attachments: view.attachments.length,
      networks: view.networks.size,
      by,
      daemon: await daemon.now(),
      problems: problemsOf(view),
    };
  },
};
