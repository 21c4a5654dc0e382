/** What completion scripts ask: words, one a line, as fast as they can be had. */
import { loadNetworks } from "../../runtime/index.ts";
import { podName, podOf } from "../../view/index.ts";
import { allOf, cacheFiles, journalFiles, placesOf } from "../../view/sources/index.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { confDir } from "../request.ts";

/** `hawser complete KIND`, which `--help` does not list. What cannot be read has no words. */
export async function runComplete(io: CliIo, kind: string): Promise<number> {
  const words = await wordsOf(io, kind);
  // A shell would cut others in pieces, or act upon them.
  const plain = [...new Set(words)].filter((word) => /^[\w@%+=:,./-]+$/u.test(word));
  io.stdout.write(plain.map((word) => `${word}\n`).join(""));
  return ExitCode.DONE;
}

async function wordsOf(io: CliIo, kind: string): Promise<string[]> {
  if (kind === "networks") return networkNames(io);
  if (kind !== "nodes") return attachmentNames(io, kind);
  const { nodeNames } = await import("./cluster/named.ts");
  return await nodeNames(io);
}

function networkNames(io: CliIo): string[] {
  try {
    return loadNetworks(confDir(io, {})).networks.map(({ config }) => config.name);
  } catch {
    return [];
  }
}

/** IDs, and pods with their namespaces and without, of what runtimes and the daemon remember. */
function attachmentNames(io: CliIo, kind: string): string[] {
  const places = placesOf(io.env, { confDir: confDir(io, {}) });
  const ignore = (): void => undefined;
  const cached = cacheFiles(places.cacheDirs, ignore).flatMap(({ attachment }) => attachment ?? []);
  const journalled = allOf(journalFiles(places.stateDir, ignore)).map(([first]) => first);
  const pods = cached.flatMap(({ args }) => podOf(args) ?? []);
  const podNames = pods.flatMap((pod) => [podName(pod), pod.name]);
  const ids = [...cached, ...journalled].map(({ containerId }) => containerId);
  const names = [...(kind === "containers" ? [] : podNames), ...(kind === "pods" ? [] : ids)];
  return names.filter((name) => name !== "").sort();
}
