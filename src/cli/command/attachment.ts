/** The commands that are about one attachment: add, check, del. */
import type { LoadedNetwork, RuntimeConf } from "../../runtime/index.ts";
import { convertResult, type JsonObject } from "../../spec/index.ts";
import { duration } from "../durations.ts";
import type { CliIo } from "../io.ts";
import { resultLines, rounded } from "../report.ts";
import { attachmentConf, type CommonOptions, requireCapabilities } from "../request.ts";
import { heading, Session } from "../session.ts";

/** What a command is about, and what it prints with. */
export interface AttachmentCommand {
  readonly session: Session;
  readonly conf: RuntimeConf;
  readonly config: LoadedNetwork["config"];
}

/** Runs a command about an attachment: reads its options, loads its network, then does the work. */
export async function onAttachment(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
  work: (command: AttachmentCommand) => Promise<void>,
): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const conf = attachmentConf(io, netns, options);
    const { config } = session.network(name);
    await work({ session, conf, config });
  });
}

/** `hawser add` */
export async function runAdd(
  io: CliIo,
  name: string,
  netns: string,
  options: CommonOptions,
): Promise<number> {
  return await onAttachment(io, name, netns, options, async (command) => {
    const { session, conf, config } = command;
    requireCapabilities(config, conf.capabilityArgs);
    const started = performance.now();
    const result = await session.runtime().add(config, conf, session.call);
    const ms = performance.now() - started;
    answer("ADD", command, { ms: rounded(ms), result: convertResult(result, config.cniVersion) });
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
  return await onAttachment(io, name, netns, options, async (command) => {
    const { session, conf, config } = command;
    await session.runtime().check(config, conf, session.call);
    const skipped = config.disableCheck;
    answer("CHECK", command, skipped ? { skipped } : {});
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
  return await onAttachment(io, name, netns, options, async (command) => {
    const { session, conf, config } = command;
    const started = performance.now();
    await session.runtime().del(config, conf, session.call);
    const ms = performance.now() - started;
    answer("DEL", command, { ms: rounded(ms) });
    session.say(
      `${conf.containerId} is not attached to ${config.name} as ${conf.ifName} any more ` +
        `(${duration(ms)})`,
    );
  });
}

/** The answer for programs: the attachment, what the command adds, and what each plugin did. */
function answer(
  operation: string,
  { session, conf, config }: AttachmentCommand,
  more: JsonObject,
): void {
  const { containerId, ifName, netns } = conf;
  session.answer({
    ...heading(operation, config),
    ...{ containerId, ifName, netns },
    ...more,
    plugins: session.account.toJson(),
  });
}
