/** Calling a plugin from a test, in process, as a runtime would. */
import { defined } from "../base/index.ts";
import type { Executor } from "../invoke/index.ts";
import {
  type Environment,
  type JsonValue,
  type Operation,
  parseJson,
  printJson,
} from "../spec/index.ts";
import type { Plugin } from "./plugin.ts";

/** One call for `tryPlugin`; what is left out gets a harmless value. */
export interface Trial {
  /** `CNI_COMMAND`. */
  readonly operation: Operation;
  /** An object, or the text that is to arrive on stdin. */
  readonly config: JsonValue;
  /** Default "test". */
  readonly containerId?: string;
  /** Default a path that does not exist. */
  readonly netns?: string;
  /** Default "eth0". */
  readonly ifName?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** Directories of CNI_PATH; default one that does not exist. */
  readonly path?: readonly string[];
  /** More variables. */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** Runs delegates; default: as processes. */
  readonly executor?: Executor;
}

/** What came of it. */
export interface TrialOutcome {
  /** 0 or 1. */
  readonly exitCode: number;
  /** The answer: one JSON document, or nothing. */
  readonly stdout: string;
  /** What it said to people. */
  readonly stderr: string;
  /** What was printed on stdout, decoded; undefined when nothing was. */
  readonly json: JsonValue | undefined;
}

/**
 * Runs one call of a plugin in this process and gives back what a runtime would see. Errors of the
 * plugin are an answer, too: nothing is thrown.
 *
 * @example
 * ```ts
 * import { definePlugin, tryPlugin } from "hawser/plugin";
 *
 * const plugin = definePlugin({
 *   name: "picky",
 *   add: ({ ifName, log }) => log(`asked for ${ifName}`),
 *   del() {},
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "picky", prevResult: {} };
 * const outcome = await tryPlugin(plugin, { operation: "ADD", config, ifName: "net1" });
 * outcome.stderr; // → "asked for net1\n"
 * outcome.json; // → { cniVersion: "1.1.0" }
 * ```
 */
export async function tryPlugin(plugin: Plugin, trial: Trial): Promise<TrialOutcome> {
  let stdout = "";
  let stderr = "";
  const { config, signal, executor } = trial;
  const exitCode = await plugin.entry({
    env: {
      CNI_COMMAND: trial.operation,
      CNI_CONTAINERID: trial.containerId ?? "test",
      CNI_NETNS: trial.netns ?? "/nonexistent/netns",
      CNI_IFNAME: trial.ifName ?? "eth0",
      CNI_ARGS: trial.args ?? "",
      CNI_PATH: (trial.path ?? ["/nonexistent/bin"]).join(":"),
      ...trial.env,
    },
    stdin: () => (typeof config === "string" ? config : printJson(config)),
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    ...defined({ signal, executor }),
  });
  return { exitCode, stdout, stderr, json: stdout === "" ? undefined : parseJson(stdout) };
}
