import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PLUGINS } from "../tests/support/go-plugins.ts";
import { fingerprint } from "../tools/build/fingerprint.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const GIB = 2 ** 30;

/** The machine in one line, as far as it matters to the times. */
export async function describeMachine(): Promise<string> {
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown processor";
  const memory = `${Math.round(totalmem() / GIB)} GiB`;
  const iptables = await firstLine(["iptables", "--version"]);
  const bun = `Bun ${Bun.version}`;
  const reference = `reference plugins ${PLUGINS.version}`;
  return [`Linux ${release()}`, `${processors.length} × ${model}`, memory, bun, iptables, reference]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** What a program says of itself; undefined when it is not there. */
async function firstLine(argv: readonly string[]): Promise<string | undefined> {
  const [program = ""] = argv;
  if (Bun.which(program) === null) return undefined;
  const child = Bun.spawn([...argv], { stdout: "pipe", stderr: "ignore" });
  const [line] = (await new Response(child.stdout).text()).split("\n");
  return line;
}

/** Whether the executables in dist, if there are any, were built from other sources. */
export async function isBuildStale(): Promise<boolean> {
  const mark = join(ROOT, "dist", ".fingerprint");
  return existsSync(mark) && readFileSync(mark, "utf8") !== (await fingerprint(ROOT));
}
