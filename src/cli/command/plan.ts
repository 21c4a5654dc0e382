/** `hawser plan`: what ADD would do, in lines; nothing is touched. */

import { createColors } from "picocolors";
import { defined } from "../../base/index.ts";
import { buildEnv, findPlugin, type PluginIo } from "../../invoke/index.ts";
import { isOwn, ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import type { RuntimeConf } from "../../runtime/index.ts";
import {
  CniError,
  type JsonObject,
  type NetworkConfig,
  type PluginConfig,
  requestDocument,
} from "../../spec/index.ts";
import type { CliIo } from "../io.ts";
import { type CommonOptions, requireCapabilities } from "../request.ts";
import { heading, type Session } from "../session.ts";
import { onAttachment } from "./attachment.ts";

interface PluginPlan {
  readonly type: string;
  readonly path: string;
  /** Absent when the plugin is another program, which cannot be asked. */
  readonly steps?: readonly string[];
}

/** Prints the steps of every plugin that is Hawser's own, in the order of ADD. */
export async function runPlan(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  return await onAttachment(io, name, netns, options, async ({ session, conf, config }) => {
    requireCapabilities(config, conf.capabilityArgs);
    const plans: PluginPlan[] = [];
    for (const plugin of config.plugins) {
      const plan = await planOf(session, config, plugin, conf);
      plans.push(plan);
      session.say(planLines(plan, io.stdout.color));
    }
    session.answer({
      ...heading("PLAN", config),
      containerId: conf.containerId,
      ifName: conf.ifName,
      plugins: plans.map(({ type, path, steps }): JsonObject => {
        return { type, path, ...(steps === undefined ? {} : { steps: [...steps] }) };
      }),
    });
    session.say("nothing was touched");
  });
}

async function planOf(
  session: Session,
  network: NetworkConfig,
  plugin: PluginConfig,
  conf: RuntimeConf,
): Promise<PluginPlan> {
  const { io, dirs } = session;
  const { type } = plugin;
  const path = findPlugin(type, dirs);
  const own = isOwn(path, io.program) ? await PLUGINS.get(type)?.() : undefined;
  if (own?.plan === undefined) return { type, path };
  const { capabilityArgs = {} } = conf;
  const call: PluginIo = {
    env: buildEnv(io.env, { operation: "ADD", ...conf, path: dirs }),
    stdin: () => requestDocument(network, plugin, { operation: "ADD", capabilityArgs }),
    stdout: () => {},
    stderr: (text) => io.stderr.write(text),
    signal: io.signal,
    executor: ownExecutor(io.program),
  };
  try {
    return { type, path, steps: await own.plan(call) };
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    throw new CniError(code, `plugin type=${JSON.stringify(type)}: ${msg}`, {
      ...defined({ details }),
      cause: error,
    });
  }
}

function planLines({ type, path, steps }: PluginPlan, color: boolean): string {
  const colors = createColors(color);
  const lines = steps?.map((step, index) => `  ${colors.dim(`${index + 1}.`)} ${step}`);
  const rest = lines ?? [colors.dim(`  ${path} is another program: what it does is not known`)];
  const none = [colors.dim("  nothing to do")];
  return [colors.bold(type), ...(rest.length === 0 ? none : rest)].join("\n");
}
