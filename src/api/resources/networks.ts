import type { NetworksForm } from "../../forms/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
import { networkForm } from "../form/index.ts";
import { networkRows } from "../networks/index.ts";
import { problemsOf } from "./problem.ts";
import type { Resource } from "./resource.ts";

export const networks: Resource = {
  path: "networks",
  summary: "The networks that are configured, and the files passed over, as `hawser networks`.",
  parameters: [],
  form: "networks",
  async answer({ look: { view }, env, places: { confDir } }): Promise<NetworksForm> {
    const loaded = loadNetworks(confDir);
    const rows = await networkRows({ env, confDir, loaded, view });
    return {
      networks: rows.map((row) => networkForm(row)),
      problems: [...loaded.warnings, ...problemsOf(view)],
    };
  },
};
