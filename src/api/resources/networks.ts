import type { NetworksForm } from "../../forms/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
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
  const loaded = loadNetworks(confDir);
  const rows = await networkRows({ env, confDir, loaded, view });
  return {
    networks: rows.map((row) => networkForm(row)),
    problems: [...loaded.warnings, ...problemsOf(view)],
  };
}
