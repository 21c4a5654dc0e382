import { createColors } from "picocolors";
import type { ClientReport } from "../../install/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { CliIo } from "../io.ts";

/** What `install` says of the clients of the node. */

const NAMED_MAX = 3;

/** A line for each client: where it takes its plugins from, and what to do when that is elsewhere. */
export function tellClients(io: CliIo, clients: readonly ClientReport[], binDir: string): void {
  const colors = createColors(io.stdout.color);
  for (const client of clients) {
    const isGood = [...client.takes.keys()].every((dir) => dir === binDir) && client.takes.size > 0;
    const mark = isGood ? colors.green("client:") : colors.yellow("client:");
    io.stdout.write(`${mark} ${clientText(client, binDir)}\n`);
  }
}

export function clientText(
  { name, dirs, file, problem, takes }: ClientReport,
  binDir: string,
): string {
  const by = file ?? "its default";
  const failed = problem === undefined ? "" : `; not read: ${problem}`;
  const others = [...takes].filter(([dir]) => dir !== binDir);
  const [elsewhere] = others.map(([dir]) => dir);
  if (elsewhere === undefined && takes.has(binDir)) {
    return `${name} takes the plugins from ${binDir} (${by})${failed}`;
  }
  if (elsewhere === undefined) {
    const only = `${name} looks into ${dirs.join(", ")} (${by}), where no plugin is`;
    return `${only}: ${offer(dirs[0] ?? "", binDir, file)}${failed}`;
  }
  const list = others.map(([dir, plugins]) => `${namesText(plugins)} from ${dir}`).join(", ");
  const before = dirs.includes(binDir) ? `before ${binDir}` : `and never looks into ${binDir}`;
  return `${name} takes ${list} (${by}), ${before}: ${offer(elsewhere, binDir, file)}${failed}`;
}

export function clientJson({ name, dirs, file, problem, takes }: ClientReport): JsonObject {
  return {
    name,
    dirs: [...dirs],
    ...(file === undefined ? {} : { file }),
    ...(problem === undefined ? {} : { problem }),
    takes: Object.fromEntries([...takes].map(([dir, plugins]) => [dir, [...plugins]])),
  };
}

/** The two ways to make a client take Hawser. */
function offer(dir: string, binDir: string, file: string | undefined): string {
  const configured = file === undefined ? "" : `, or name ${binDir} in ${file}`;
  return `\`hawser install --bin-dir ${dir} --replace\` puts Hawser there${configured}`;
}

function namesText(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
  return `${names.slice(0, NAMED_MAX).join(", ")}${more}`;
}
