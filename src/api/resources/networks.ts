import type { NetworksForm } from "../../forms/index.ts";
import { networkForm } from "../form/index.ts";
import { networkRows } from "../networks/index.ts";
import { problemsOf } from "./problem.ts";
import type { AskedNode, Resource } from "./resource.ts";

export const networks: Resource = {
  path: "networks",
  summary: "The networks that are configured, and the files passed over, as `hawser networks`.",
  parameters: [],
  form: "networks",
  answer: async (node): Promise<NetworksForm> => await networksOf(node),
};

export async function networksOf({
  look: { view },
  env,
  places: { confDir },
}: AskedNode): Promise<NetworksForm> {
  const rows = await networkRows({ env, confDir, view });
  return {
    networks: rows.map((row) => networkForm(row)),
    problems: [...view.configured.warnings, ...problemsOf(view)],
  };
}
