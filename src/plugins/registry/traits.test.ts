import { expect, test } from "bun:test";
import { definePlugin, type PluginTraits, tryPlugin } from "../../plugin/index.ts";
import { ownExecutor } from "./executor.ts";
import { PLUGINS } from "./plugins.ts";

async function traitsSeen(types: readonly string[], executor?: object): Promise<PluginTraits[]> {
  const seen: PluginTraits[] = [];
  const asking = definePlugin({
    name: "asking",
    add: ({ delegate }) => void seen.push(...types.map((type) => delegate.traits(type))),
    del() {},
  });
  const config = { cniVersion: "1.1.0", name: "n", type: "asking" };
  await tryPlugin(asking, { operation: "ADD", config, ...executor });
  return seen;
}

test("of all plugins only dhcp needs the link to give an address back", async () => {
  const types = [...PLUGINS.keys(), "of-another-project"];
  const executor = ownExecutor("/nonexistent/hawser");
  const traits = await traitsSeen(types, { executor });
  const needing = types.filter((_, index) => traits[index]?.releaseNeedsLink);
  expect(needing).toEqual(["dhcp"]);
});

test("an executor that knows nothing of plugins answers no", async () => {
  expect(await traitsSeen(["dhcp"])).toEqual([{ releaseNeedsLink: false }]);
});
