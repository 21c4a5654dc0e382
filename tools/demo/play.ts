import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { type LoadedNetwork, loadNetworkFile } from "../../src/runtime/index.ts";
import { makeHost, makeOutside } from "./host.ts";
import { NetworkShow, type ShowPlan } from "./show.ts";
import { Stage } from "./stage.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

const DBNET: ShowPlan = {
  gatewayByHand: "10.1.0.1/16",
  hostAddresses: ["10.1.0.1"],
  outside: false,
  macs: ["02:00:0a:01:00:01", "02:00:0a:01:00:02"],
  hostPorts: [8080, 8081],
};

const DUAL_STACK: ShowPlan = {
  hostAddresses: ["10.2.0.1", "127.0.0.1", "fd00:10:2::1"],
  outside: true,
  macs: ["02:00:0a:02:00:01", "02:00:0a:02:00:02"],
  hostPorts: [8082, 8083],
};

/**
 * Plays the demo inside the throwaway host and gives the exit code. Without words both examples
 * are shown; with the path of a configuration, that one in dbnet's place.
 */
export async function play(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const started = performance.now();
  const stage = new Stage(env);
  const [file] = words;
  try {
    const shows: [LoadedNetwork, ShowPlan][] =
      file === undefined
        ? [
            [loadNetworkFile(join(EXAMPLES, "dbnet.conflist")), DBNET],
            [loadNetworkFile(join(EXAMPLES, "dual-stack.conflist")), DUAL_STACK],
          ]
        : [[loadNetworkFile(resolve(file)), DBNET]];
    makeHost();
    // What a plugin needs is loaded now, so that the times below are those of its work.
    for (const load of PLUGINS.values()) await load();
    stage.say(
      "A host of its own has been made: empty, without a way out. The machine's is not touched.",
    );
    const outside = makeOutside();
    for (const [network, plan] of shows) {
      await new NetworkShow(stage, network, plan, outside, env["PATH"]).run();
    }
  } catch (error) {
    await stage.prove("the demo comes to its end", () => {
      throw error;
    });
  }
  return stage.finish(performance.now() - started);
}
