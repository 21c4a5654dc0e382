import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type JsonObject, parseNetworkConfig } from "../../src/spec/index.ts";
import { dbnet, mapTcp } from "../../tests/support/dbnet.ts";
import { run } from "../../tests/support/exec.ts";
import { makeContainer } from "../../tools/demo/host.ts";
import { runtimeOf } from "./in-process.ts";
import { type Lab, timed } from "./lab.ts";
import { portAt } from "./numbers.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const HAWSER = join(DIST, "hawser");
const CONF_DIR = "/etc/cni/net.d";
/** A bridge takes 1,023 ports, and its host keeps some for what is measured. */
const ON_ONE_BRIDGE = 1000;
const IN_ONE_NAMESPACE = 100;

export interface ManyOrder {
  readonly count: number;
  /** Each in a namespace of its own, as they are drawn. */
  readonly apart?: boolean;
}

/** Attaches so many by our runtime, with its cache, so that commands have them to speak of. */
export async function attachMany(lab: Lab, { count, apart = false }: ManyOrder): Promise<void> {
  const runtime = runtimeOf(join(DIST, "cni"));
  const text = JSON.stringify(dbnet(), null, 2);
  mkdirSync(CONF_DIR, { recursive: true });
  writeFileSync(join(CONF_DIR, "10-dbnet.conflist"), text);
  for (let at = 0; at < Math.min(count, ON_ONE_BRIDGE); at++) {
    const { netns } = apart
      ? makeContainer(`many-${at}`)
      : await lab.namespace(`many-${Math.floor(at / IN_ONE_NAMESPACE)}`);
    await runtime.add(parseNetworkConfig(text), {
      containerId: `many-${at}`,
      netns,
      ifName: `e${at}`,
      capabilityArgs: mapTcp(portAt(at), 80) as JsonObject,
      args: [
        ["IgnoreUnknown", "1"],
        ["K8S_POD_NAMESPACE", "default"],
        ["K8S_POD_NAME", `pod-${at}`],
      ],
    });
  }
}

/** What is run, how often, and how it has to end. */
export interface CommandOrder {
  readonly words: readonly string[];
  readonly rounds: number;
}

/** A doctor that finds something has done its work. */
const FOUND = 1;

/** Times of one command, as a shell would start it, in milliseconds. @throws when it cannot do its work */
export async function commandTimes(_: Lab, { words, rounds }: CommandOrder): Promise<number[]> {
  const times: number[] = [];
  const env = { PATH: process.env["PATH"] ?? "", CNI_PATH: join(DIST, "cni") };
  for (let round = 0; round <= rounds; round++) {
    const ms = await timed(async () => {
      const answer = await run([HAWSER, ...words], { env });
      if (answer.exitCode === 0) return;
      if (words[0] === "doctor" && answer.exitCode === FOUND) return;
      throw new Error(`hawser ${words.join(" ")}: exit code ${answer.exitCode}: ${answer.stderr}`);
    });
    if (round > 0) times.push(ms); // the first one warms the disk's cache
  }
  return times;
}
