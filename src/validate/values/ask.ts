import { PLUGINS } from "../../plugins/registry/index.ts";
import { CniError, type JsonObject, printJson } from "../../spec/index.ts";

/**
 * What a plugin of Hawser says of a configuration, as its ADD would read it: the mistake, or
 * undefined. Nothing is touched: a plan is made, and thrown away.
 */
export async function refusalOf(type: string, config: JsonObject): Promise<CniError | undefined> {
  const plugin = await PLUGINS.get(type)?.();
  if (plugin?.plan === undefined) return undefined;
  try {
    await plugin.plan({
      env: ENVIRONMENT,
      stdin: () => printJson(config),
      stdout: () => {},
      stderr: () => {},
    });
    return undefined;
  } catch (error) {
    return CniError.from(error);
  }
}

/** A call of no container: what lies on this machine is not looked at. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "none",
  CNI_NETNS: "/nonexistent/netns",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/nonexistent/bin",
  HAWSER_STATE_DIR: "/nonexistent/state",
  HAWSER_TUNING_ALLOWLIST: "/nonexistent/allowlist",
};
