import {
  loadNetwork,
  NetworkNotFoundError,
  NoNetworksError,
  Runtime,
  type RuntimeOptions,
} from "../../../src/runtime/index.ts";
import { CniError, type NetworkConfig, printResult } from "../../../src/spec/index.ts";
import { SpoiledExecutor } from "./executor.ts";
import type { Fault, Task } from "./fault.ts";
import { RUNTIME_MUTANTS } from "./table.ts";
import { readTask } from "./task.ts";

/**
 * An adapter for Hawser's runtime with one fault, and without one under the name `sound`. Scripts of one
 * line start it: `#!program mutant`.
 */

const DESCRIPTION = {
  name: "hawser-mutant",
  operations: ["add", "del", "check", "gc", "status"],
  takes: [
    ...["network", "netns", "containerId", "ifName", "args", "capabilities", "valid"],
    ...["pluginDirs", "cacheDir", "dropIns", "timeout", "repeatedDel", "result"],
  ],
};

const [, , name = "", , word = ""] = process.argv;
const fault = RUNTIME_MUTANTS.find((one) => one.name === name)?.fault ?? {};
const given = readTask(word, process.env);
if (word === "describe") {
  process.stdout.write(JSON.stringify(DESCRIPTION));
} else if (given === undefined) {
  process.stderr.write(`no operation ${word}\n`);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(await carryOut(fault.task?.(given) ?? given, fault));
  } catch (error) {
    const said = CniError.from(error);
    process.stdout.write(`${JSON.stringify({ code: said.code, msg: said.message })}\n`);
    process.exitCode = 1;
  }
}

/** Does a task with a fault; gives what is printed. */
async function carryOut(task: Task, { instead, ...spoiled }: Fault): Promise<string> {
  const options = { pluginDirs: task.pluginDirs, cacheDir: task.cacheDir };
  const found = find(task, options);
  const list = spoiled.list?.(found, task) ?? found;
  const executor = new SpoiledExecutor(spoiled, task, list);
  const runtime = new Runtime({ ...options, executor, ...spoiled.options });
  const run = (): Promise<string> => operate(runtime, list, task);
  return await (instead?.({ task, list, runtime, run }) ?? run());
}

/** The network as it is configured; for one whose file is gone, as it is remembered. */
function find(task: Task, options: RuntimeOptions): NetworkConfig {
  try {
    return loadNetwork(task.configDir, task.network).config;
  } catch (error) {
    const isGone = error instanceof NetworkNotFoundError || error instanceof NoNetworksError;
    if (!isGone || task.operation === "ADD") throw error;
    const remembered = new Runtime(options).cachedNetwork(task.network);
    if (remembered === undefined) throw error;
    return remembered;
  }
}

async function operate(runtime: Runtime, list: NetworkConfig, task: Task): Promise<string> {
  const { conf, valid, timeoutMs } = task;
  const call = timeoutMs === undefined ? {} : { timeoutMs };
  switch (task.operation) {
    case "ADD":
      return printResult(await runtime.add(list, conf, call), list.cniVersion);
    case "DEL":
      await runtime.del(list, conf, call);
      return "";
    case "CHECK":
      await runtime.check(list, conf, call);
      return "";
    case "GC":
      await runtime.gc(list, valid, call);
      return "";
    case "STATUS":
      await runtime.status(list, call);
      return "";
  }
}
