/** The commands that are about one attachment: add, check, del. */
import type { RuntimeConf } from "../../runtime/index.ts";
import { convertResult, type JsonObject, type NetworkConfig } from "../../spec/index.ts";
import { duration } from "../durations.ts";
import type { CliIo } from "../io.ts";
import { resultLines } from "../report.ts";
import { attachmentConf, type CommonOptions, requireCapabilities } from "../request.ts";
import { heading, Session } from "../session.ts";

function identity(network: NetworkConfig, operation: string, conf: RuntimeConf): JsonObject {
  const { containerId, ifName, netns } = conf;
  return { ...heading(operation, network), containerId, ifName, netns };
}

/** `hawser add` */
export async function runAdd(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const conf = attachmentConf(io, netns, options);
    const { config } = session.network(name);
    requireCapabilities(config, conf.capabilityArgs);
    const started = performance.now();
    const result = await session.runtime().add(config, conf, session.call);
    const ms = performance.now() - started;
    session.answer({
      ...identity(config, "ADD", conf),
      ms: Math.round(ms * 1000) / 1000,
      result: convertResult(result, config.cniVersion),
      plugins: session.account.toJson(),
    });
    session.say("");
    if (!session.json) io.stdout.write(resultLines(result, io.stdout));
    session.say(
      `\n${conf.containerId} is attached to ${config.name} as ${conf.ifName} (${duration(ms)})`,
    );
  });
}

/** `hawser check` */
export async function runCheck(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const conf = attachmentConf(io, netns, options);
    const { config } = session.network(name);
    await session.runtime().check(config, conf, session.call);
    const skipped = config.disableCheck;
    session.answer({
      ...identity(config, "CHECK", conf),
      ...(skipped ? { skipped } : {}),
      plugins: session.account.toJson(),
    });
    session.say(
      skipped
        ? `nothing was checked: ${config.name} says "disableCheck"`
        : `${conf.containerId} is attached to ${config.name} as ${conf.ifName}, as it should be`,
    );
  });
}

/** `hawser del` */
export async function runDel(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const conf = attachmentConf(io, netns, options);
    const { config } = session.network(name);
    const started = performance.now();
    await session.runtime().del(config, conf, session.call);
    const ms = performance.now() - started;
    session.answer({
      ...identity(config, "DEL", conf),
      ms: Math.round(ms * 1000) / 1000,
      plugins: session.account.toJson(),
    });
    session.say(
      `${conf.containerId} is not attached to ${config.name} as ${conf.ifName} any more ` +
        `(${duration(ms)})`,
    );
  });
}
