import type { PluginEntry } from "../../invoke/index.ts";

/**
 * The environment variable by which an entry program tells that a daemon died after it had begun
 * this call.
 */
export const RECOVER_VARIABLE = "HAWSER_RECOVER";

/**
 * Takes back what a dead daemon may have begun, then does the call anew. Only ADD needs that: all
 * other operations may be done once more as they are.
 */
export function recovering(entry: PluginEntry): PluginEntry {
  return async (io) => {
    const stdin = await io.stdin();
    const { [RECOVER_VARIABLE]: _, ...env } = io.env;
    const again = { ...io, env, stdin: () => stdin };
    if (env["CNI_COMMAND"] === "ADD") {
      let said = "";
      const stdout = (text: string): void => {
        said += text;
      };
      const code = await entry({ ...again, env: { ...env, CNI_COMMAND: "DEL" }, stdout });
      if (code !== 0) io.stderr(`what a daemon had begun cannot be taken back: ${said}\n`);
    }
    return await entry(again);
  };
}
