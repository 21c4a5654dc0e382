import { realpathSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../base/index.ts";
import type { CliIo } from "../io.ts";
import type { ConformanceOptions, Of } from "./options.ts";

/** The command that runs the suite again as it ran; a shell in the same directory understands it. */
export function repeatCommand(
  io: CliIo,
  of: Of,
  subject: string,
  options: ConformanceOptions & { readonly seed: number },
): string {
  const { subject: file, seed, timeout, strict } = options;
  return [
    ...programWords(io),
    ...["conformance", of, subject],
    ...(file === undefined ? [] : ["--subject", file]),
    ...(timeout === undefined ? [] : ["--timeout", `${timeout}ms`]),
    ...(strict === true ? ["--strict"] : []),
    ...["--seed", String(seed)],
  ]
    .map(shellWord)
    .join(" ");
}

/** `hawser` where the shell finds this program by that name. */
function programWords({ env, program }: CliIo): string[] {
  if (program.endsWith(".ts")) return ["bun", program];
  for (const dir of (env["PATH"] ?? "").split(":")) {
    const found = dir === "" ? undefined : target(join(dir, "hawser"));
    if (found !== undefined) return found === target(program) ? ["hawser"] : [program];
  }
  return [program];
}

function target(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
