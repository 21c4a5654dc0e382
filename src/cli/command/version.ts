/** `hawser version`, for a network. */
import { createColors } from "picocolors";
import type { VersionInfo } from "../../invoke/index.ts";
import { CniError } from "../../spec/index.ts";
import type { CliIo } from "../io.ts";
import { row } from "../report.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";

/** `hawser version NETWORK`: what each plugin of the network supports. */
export async function runVersion(io: CliIo, name: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options, "VERSION");
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
    session.answer({ plugins });
  });
}
