/** `hawser status`: whether networks could serve an ADD, and what is attached to them. */

import { findPlugin } from "../../invoke/index.ts";
import { isOwn } from "../../plugins/registry/index.ts";
import { type LoadedNetwork, loadNetworks, type Runtime } from "../../runtime/index.ts";
import { atLeast, CniError, type JsonObject, type NetworkConfig } from "../../spec/index.ts";
import { type KnownAttachment, knownAttachments } from "../../view/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { ConfigError, failureJson, tellFailure } from "../failure.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { judgeConfiguration } from "../plan.ts";
import { type CommonOptions, confDir } from "../request.ts";
import { Session } from "../session.ts";

/** STATUS came with this version. */
const SINCE = "1.1.0";

/** `hawser status [NETWORK]`: without a name all networks of the configuration directory. */
export async function runStatus(
  io: CliIo,
  name: string | undefined,
  options: CommonOptions,
): Promise<number> {
  return name === undefined ? await statusOfAll(io, options) : await statusOf(io, name, options);
}

async function statusOf(io: CliIo, name: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options, "STATUS");
  return await session.run(async () => {
    const loaded = session.network(name);
    const runtime = session.runtime();
    const known = knownAttachments(runtime, io.env);
    const answer = await ask(session, runtime, loaded, known);
    session.answer({ ...answer, plugins: session.account.toJson() });
    session.say(line(loaded.config, answer));
  });
}

async function statusOfAll(io: CliIo, options: CommonOptions): Promise<number> {
  const session = new Session(io, options, "STATUS");
  session.account.silence();
  let worst: number = ExitCode.DONE;
  const code = await session.run(async () => {
    const dir = confDir(io, options);
    const { networks, skipped, warnings } = loadNetworks(dir);
    for (const text of warnings) session.warn(text);
    const runtime = session.runtime();
    const known = knownAttachments(runtime, io.env);
    const answers: JsonObject[] = [];
    const fail = (about: JsonObject, error: unknown): void => {
      answers.push({ ...about, ready: false, error: failureJson(error, io) });
      worst = Math.max(worst, tellFailure(io, error, session.json));
    };
    for (const loaded of networks) {
      const { config, file } = loaded;
      const about = { network: config.name, cniVersion: config.cniVersion, file };
      try {
        const answer = await ask(session, runtime, loaded, known);
        answers.push({ ...about, ...answer });
        session.say(line(config, answer));
      } catch (error) {
        session.say(`${config.name} is not ready`);
        fail(about, error);
      }
    }
    for (const { file, error } of skipped) fail({ file }, new ConfigError(CniError.from(error)));
    if (answers.length === 0) worst = ExitCode.CONFIG;
    session.answer({ ready: worst === ExitCode.DONE, networks: answers });
    if (answers.length === 0) {
      session.say(
        `no network is configured in ${dir}: runtimes say that the CNI plugin is not initialized`,
      );
    }
  });
  return code === ExitCode.DONE ? worst : code;
}

type Answer = JsonObject & { readonly asked: boolean; readonly attachments: JsonObject[] };

/** @throws what is in the way of an ADD */
async function ask(
  session: Session,
  runtime: Runtime,
  { config, file }: LoadedNetwork,
  known: readonly KnownAttachment[],
): Promise<Answer> {
  const capabilities = await runtime.validate(config, session.call);
  await judgeConfiguration(session, config);
  await runtime.status(config, session.call);
  const asked = atLeast(config.cniVersion, SINCE) || (await askOwn(session, runtime, config));
  const attachments = known.filter(({ network }) => network === config.name).map(attachmentJson);
  return { file, ready: true, asked, capabilities, attachments };
}

/**
 * Asks those plugins of an older network that are Hawser's own: they answer STATUS whatever version the
 * network's configuration has. True when no other was left out.
 */
async function askOwn(
  { dirs, io, call }: Session,
  runtime: Runtime,
  config: NetworkConfig,
): Promise<boolean> {
  const plugins = config.plugins.filter(({ type }) => isOwn(findPlugin(type, dirs), io.program));
  if (plugins.length > 0) await runtime.status({ ...config, cniVersion: SINCE, plugins }, call);
  return plugins.length === config.plugins.length;
}

function line({ name, cniVersion }: NetworkConfig, { asked, attachments }: Answer): string {
  const unfinished = attachments.filter(({ finished }) => finished === false).length;
  const count =
    `containers attached: ${attachments.length - unfinished}` +
    (unfinished === 0
      ? ""
      : `, not finished: ${unfinished} (an add that was cut short; del takes it away)`);
  return asked
    ? `${name} is ready; ${count}`
    : `${name} is of version ${cniVersion || "0.1.0"}, which is older than STATUS: its plugins are ` +
        `installed and support it, but those of others were not asked; ${count}`;
}
