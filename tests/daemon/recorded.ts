import { type ChainRequest, type ChainResult, runChain } from "../support/chain.ts";
import { EXECUTABLE } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import type { Scene } from "./scene.ts";

/** What tests of the recording record: a chain whose calls have secrets in several places. */

export const SECRET = "s3cr3t-V4lue";

const [bridge, ...others] = dbnet().plugins;
export const LIST: ReturnType<typeof dbnet> = {
  ...dbnet(),
  cniVersion: "1.1.0",
  plugins: [{ ...bridge, annotations: { token: SECRET, note: `see ${SECRET}` } }, ...others],
};
const ARGS = `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;PASSWORD=${SECRET}`;

/** Runs a command of the built executable, which has to succeed. */
export async function hawser(...words: string[]): Promise<string> {
  return await must([EXECUTABLE, ...words]);
}

/** A call of each plugin of the chain, by the executables of a directory. */
export function requestOf(
  { blue }: Scene,
  operation: ChainRequest["operation"],
  dir: string,
): ChainRequest {
  const attachment = {
    ...{ containerId: "c1", netns: blue.netns, ifName: "eth0", args: ARGS },
    capabilityArgs: mapTcp(8080, 80),
  };
  const env = { PATH: process.env["PATH"] ?? "", NODE_TOKEN: SECRET, LANG: "C" };
  return { dir, list: LIST, operation, attachment, env };
}

/** ADD, CHECK and DEL of the chain. */
export async function attachAndDetach(scene: Scene, dir: string): Promise<void> {
  const { result } = await runChain(requestOf(scene, "ADD", dir));
  const previous = { prevResult: result as ChainResult };
  await runChain({ ...requestOf(scene, "CHECK", dir), ...previous });
  await runChain({ ...requestOf(scene, "DEL", dir), ...previous });
}
