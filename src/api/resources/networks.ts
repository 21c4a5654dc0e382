import type { NetworksForm } from "../../forms/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
import { orProblem } from "../../view/sources/index.ts";
import { networkForm } from "../form/index.ts";
import { networkRows } from "../networks/index.ts";
import { problemsOf } from "./problem.ts";
import type { AskedNode, Resource } from "./resource.ts";

const NONE: ReturnType<typeof loadNetworks> = { networks: [], skipped: [], warnings: [] };

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
  // A directory that cannot be read is a problem of the view already.
  const loaded =
    orProblem(
      confDir,
      () => undefined,
      () => loadNetworks(confDir),
    ) ?? NONE;
  const rows = await networkRows({ env, confDir, loaded, view });
  return {
    networks: rows.map((row) => networkForm(row)),
    problems: [...loaded.warnings, ...problemsOf(view)],
  };
}
