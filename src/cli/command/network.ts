/** The commands that are about a network as a whole: gc, status, version. */

import { createColors } from "picocolors";
import type { VersionInfo } from "../../invoke/index.ts";
import { atLeast, CniError, type ValidAttachment } from "../../spec/index.ts";
import { duration } from "../durations.ts";
import type { CliIo } from "../io.ts";
import { row } from "../report.ts";
import { type CommonOptions, UsageError } from "../request.ts";
import { heading, Session } from "../session.ts";

/** What `gc` has beside the common options. */
export interface GcOptions extends CommonOptions {
  readonly valid?: ValidAttachment[];
  readonly noneValid?: boolean;
  readonly dryRun?: boolean;
}

/** `hawser gc`: the list of valid attachments must be said, since all others are removed. */
export async function runGc(io: CliIo, name: string, options: GcOptions): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const valid = validAttachments(options);
    const { config } = session.network(name);
    const runtime = session.runtime();
    if (options.dryRun === true) {
      const stale = config.disableGC ? [] : runtime.staleAttachments(config, valid);
      session.answer({ ...heading("GC", config), dryRun: true, stale: stale.map(attachmentJson) });
      for (const { containerId, ifName } of stale) {
        session.say(`would remove ${containerId}:${ifName}`);
      }
      session.say(`${stale.length} of the known attachments would be removed from ${config.name}`);
      return;
    }
    const started = performance.now();
    const { removed } = await runtime.gc(config, valid, session.call);
    const ms = performance.now() - started;
    session.answer({
      ...heading("GC", config),
      removed: removed.map(attachmentJson),
      plugins: session.account.toJson(),
    });
    for (const { containerId, ifName } of removed) session.say(`removed ${containerId}:${ifName}`);
    session.say(
      config.disableGC
        ? `nothing was done: ${config.name} says "disableGC"`
        : `${config.name}: ${removed.length} removed, ${valid.length} valid (${duration(ms)})`,
    );
  });
}

function attachmentJson(of: { containerId: string; ifName: string }): Record<string, string> {
  return { containerId: of.containerId, ifName: of.ifName };
}

function validAttachments({ valid = [], noneValid = false }: GcOptions): ValidAttachment[] {
  if (valid.length > 0 && noneValid) {
    throw new UsageError("--valid and --none-valid contradict each other");
  }
  if (valid.length === 0 && !noneValid) {
    throw new UsageError(
      "gc removes every attachment that is not valid, so say which are: " +
        "--valid ID:IFNAME for each, or --none-valid",
    );
  }
  return valid;
}

/** `hawser status`: whether the plugins are there and would serve an ADD. */
export async function runStatus(io: CliIo, name: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const { config, file } = session.network(name);
    const runtime = session.runtime();
    const capabilities = await runtime.validate(config, session.call);
    await runtime.status(config, session.call);
    const asked = atLeast(config.cniVersion, "1.1.0");
    const attached = runtime.cachedAttachments().filter(({ network }) => network === config.name);
    session.answer({
      ...heading("STATUS", config),
      file,
      ready: true,
      asked,
      capabilities,
      attachments: attached.map(attachmentJson),
      plugins: session.account.toJson(),
    });
    if (!asked) {
      session.say(
        `${config.name} is of version ${config.cniVersion || "0.1.0"}, which is older than STATUS: ` +
          "its plugins are installed and support it, but were not asked",
      );
      return;
    }
    session.say(`${config.name} is ready; containers attached: ${attached.length}`);
  });
}

/** `hawser version NETWORK`: what each plugin of the network supports. */
export async function runVersion(io: CliIo, name: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options);
  return await session.run(async () => {
    const { config } = session.network(name);
    const runtime = session.runtime();
    const colors = createColors(io.stdout.color);
    const plugins: { type: string; supportedVersions: string[] }[] = [];
    const missing: CniError[] = [];
    for (const type of new Set(config.plugins.map((plugin) => plugin.type))) {
      try {
        const info: VersionInfo = await runtime.version(type, session.call);
        plugins.push({ type, supportedVersions: [...info.supportedVersions] });
        session.say(row(type, info.supportedVersions.join(" "), colors));
      } catch (error) {
        missing.push(CniError.from(error));
        session.say(row(type, colors.red("unknown"), colors));
      }
    }
    const [first] = missing;
    if (first !== undefined) throw first;
    session.answer({ ...heading("VERSION", config), plugins });
  });
}
