import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDropIns } from "../../../src/runtime/index.ts";
import { type NetworkConfig, networkConfigFrom, parseJson } from "../../../src/spec/index.ts";
import { parsed } from "../call.ts";
import type { Fault, Task } from "./fault.ts";
import { runtimeMutants } from "./make.ts";

/** Faults of what is read from the configuration, and of what is remembered. */

/** The configuration as if it did not have some keys. */
function without(...keys: readonly string[]): Fault {
  return { list: (list) => reread(list, (value) => keys.forEach((key) => void delete value[key])) };
}

function reread(
  list: NetworkConfig,
  change: (value: Record<string, unknown>) => void,
): NetworkConfig {
  const value = parseJson(list.text) as Record<string, unknown>;
  change(value);
  const text = JSON.stringify(value);
  const changed = networkConfigFrom(parseJson(text), text);
  // Drop-ins are of the list only.
  return { ...changed, plugins: list.plugins };
}

/** The cache is as it was before. */
function forgetful(operations: string): Fault {
  return {
    instead: async ({ task, run }) => {
      if (!operations.split(" ").includes(task.operation)) return await run();
      const copy = mkdtempSync(join(tmpdir(), "mutant-"));
      if (existsSync(task.cacheDir)) cpSync(task.cacheDir, copy, { recursive: true });
      try {
        return await run();
      } finally {
        rmSync(task.cacheDir, { recursive: true, force: true });
        cpSync(copy, task.cacheDir, { recursive: true });
      }
    },
  };
}

/** Takes the configuration out of what is remembered of each attachment. */
function dropConfigurations(cacheDir: string): void {
  for (const name of readdirSync(cacheDir, { recursive: true, encoding: "utf8" })) {
    const path = join(cacheDir, name);
    if (!statSync(path).isFile()) continue;
    const entry = parsed(readFileSync(path, "utf8"));
    if (entry?.["kind"] === undefined) continue;
    delete entry["config"];
    writeFileSync(path, JSON.stringify(entry));
  }
}

/** The version is chosen in another way. */
function version(
  choose: (versions: readonly string[], list: NetworkConfig) => string | undefined,
): Fault {
  return {
    list: (list) => {
      const all = list.cniVersions;
      return all.length === 0
        ? list
        : { ...list, cniVersion: choose(all, list) ?? list.cniVersion };
    },
  };
}

const NAME = /^[a-zA-Z0-9][\w.-]*$/;

/** What is no name is made one. */
function tamed(text: string): string {
  return NAME.test(text) ? text : `x${Bun.hash(text).toString(16)}`;
}

function conf(change: (task: Task) => Partial<Task["conf"]>): Fault {
  return { task: (task) => ({ ...task, conf: { ...task.conf, ...change(task) } }) };
}

export const memory = runtimeMutants({
  "disable-check-ignored": ["disableCheck is not heard", without("disableCheck")],
  "disable-gc-ignored": ["disableGC is not heard", without("disableGC")],
  "drop-ins-ignored": [
    "drop-in plugins are not loaded",
    {
      list: (list) => networkConfigFrom(parseJson(list.text), list.text),
    },
  ],
  "drop-ins-first": [
    "drop-in plugins stand before those of the list",
    {
      list: (list) => {
        const inline = networkConfigFrom(parseJson(list.text), list.text).plugins.length;
        return {
          ...list,
          plugins: [...list.plugins.slice(inline), ...list.plugins.slice(0, inline)],
        };
      },
    },
  ],
  "drop-ins-always": [
    "loadOnlyInlinedPlugins is not heard",
    {
      list: (list, { configDir }) => {
        if (!list.loadOnlyInlinedPlugins) return list;
        const more = loadDropIns(configDir, list.name).map(({ plugin }) => plugin);
        return { ...list, plugins: [...list.plugins, ...more] };
      },
    },
  ],
  "lowest-version": [
    "the lowest of the versions is chosen",
    version((all) => all.toSorted().at(0)),
  ],
  "first-version": ["the first of the versions is chosen", version((all) => all[0])],
  "cache-not-written": ["ADD is not remembered", forgetful("ADD")],
  "cache-not-removed": ["a DEL that succeeded leaves the cache", forgetful("DEL")],
  "locks-not-taken": [
    "operations on one container run side by side",
    { options: { locks: false } },
  ],
  "configuration-not-remembered": [
    "DEL works by the present configuration",
    {
      instead: async ({ task, run }) => {
        const said = await run();
        if (task.operation === "ADD") dropConfigurations(task.cacheDir);
        return said;
      },
    },
  ],
  "added-twice": [
    "a second ADD without a DEL is accepted",
    { options: { refuseDuplicate: false } },
  ],
  "any-container-id": [
    "any container ID is accepted",
    conf(({ conf: { containerId } }) => ({ containerId: tamed(containerId) })),
  ],
  "any-ifname": [
    "any interface name is accepted",
    conf(({ conf: { ifName } }) => ({
      ifName: Buffer.byteLength(ifName) > 15 || /[/:\s]/.test(ifName) ? "eth0" : ifName,
    })),
  ],
  "netns-not-needed": [
    "ADD without a namespace is accepted",
    conf(({ conf: { netns } }) => ({ netns: netns || "/proc/self/ns/net" })),
  ],
  "capability-args-forgotten": [
    "the capability arguments of the ADD are not remembered",
    {
      task: (task) =>
        task.operation === "ADD" ? task : { ...task, conf: { ...task.conf, capabilityArgs: {} } },
    },
  ],
  "args-forgotten": [
    "the CNI_ARGS of the ADD are not remembered",
    {
      task: (task) =>
        task.operation === "ADD" ? task : { ...task, conf: { ...task.conf, args: [] } },
    },
  ],
});
