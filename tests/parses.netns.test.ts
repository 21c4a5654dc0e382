/**
 * A network configuration is parsed once in each process that a call passes through: within one, calls
 * and answers are values. Parses are counted at the engine's parser, since every way leads there.
 */
import { afterAll, beforeAll, beforeEach, expect, spyOn, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runHawser } from "../src/cli/hawser.ts";
import { boundsFor } from "../src/daemon/bounds.ts";
import { CallScheduler, perform, readStdin } from "../src/daemon/calls/index.ts";
import type { CallAnswer } from "../src/daemon/calls/perform.ts";
import { deleteLinks } from "../src/daemon/deletion/delete.ts";
import { buildEnv } from "../src/invoke/index.ts";
import { ownExecutor } from "../src/plugins/registry/index.ts";
import { loadNetworkFile, Runtime } from "../src/runtime/index.ts";
import {
  deriveRequest,
  type JsonObject,
  type Operation,
  parseResult,
  type Result,
} from "../src/spec/index.ts";
import { fakeIo } from "./support/cli-io.ts";
import { dbnet, mapTcp } from "./support/dbnet.ts";
import { failOnLeakedDescriptors } from "./support/descriptors.ts";
import { type Container, Host } from "./support/host.ts";

failOnLeakedDescriptors();

const PROGRAM = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "parses-"));
const file = join(directory, "dbnet.conflist");
const bin = join(directory, "bin");
const cacheDir = join(directory, "cache");

let container: Container;
beforeAll(async () => {
  const host = await Host.create();
  container = await host.container("web");
  mkdirSync(bin);
  for (const type of ["bridge", "host-local", "tuning", "portmap"]) {
    symlinkSync(PROGRAM, join(bin, type));
  }
  writeFileSync(file, JSON.stringify(dbnet()));
});

afterAll(() => rmSync(directory, { recursive: true }));

const counted = spyOn(JSON, "parse");
beforeEach(() => void counted.mockClear());

/** How often a network, and the request of each plugin, was parsed. */
function parses(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [text] of counted.mock.calls) {
    const kind = text.includes('"plugins":') ? "network" : /"type":"([\w-]+)"/u.exec(text)?.[1];
    if (kind !== undefined && text.includes('"cniVersion"')) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const capabilityArgs = mapTcp(8080, 80) as JsonObject;
const attachment = { ifName: "eth0", capabilityArgs };

test("the runtime with our plugins parses the network, and nothing for any plugin", async () => {
  const executor = ownExecutor(PROGRAM);
  const runtime = new Runtime({ pluginDirs: [bin], cacheDir, executor });
  const { config } = loadNetworkFile(file);
  const conf = { ...attachment, containerId: "web", netns: container.netns };
  const { ips } = await runtime.add(config, conf);
  await runtime.check(config, conf);
  await runtime.del(config, conf);
  expect(ips).toHaveLength(1);
  expect(parses()).toEqual({ network: 1 });
});

test("each command parses the network alone", async () => {
  const env = { CNI_PATH: bin };
  for (const command of ["plan", "add", "check", "del"]) {
    counted.mockClear();
    const words = [command, file, container.netns, "--id", "cli", "--cache-dir", cacheDir];
    const { io, stderr } = fakeIo(words, { env, program: PROGRAM });
    expect([await runHawser(io), stderr()]).toEqual([0, ""]);
    expect([command, parses()]).toEqual([command, { network: 1 }]);
  }
});

test("the daemon parses a request once, for itself, the plugin and its delegate", async () => {
  const { config } = loadNetworkFile(file);
  let result: Result | undefined;
  for (const operation of ["ADD", "CHECK", "DEL"] as const) {
    const plugins = operation === "DEL" ? config.plugins.toReversed() : config.plugins;
    for (const plugin of plugins) {
      const options = { operation, capabilityArgs, ...(result && { prevResult: result }) };
      const request = deriveRequest(config, plugin, options);
      counted.mockClear();
      const printed = await throughDaemon(operation, plugin.type, request);
      expect([operation, parses()]).toEqual([operation, { [plugin.type]: 1 }]);
      if (operation === "ADD") result = parseResult(printed, config.cniVersion);
    }
  }
});

/** Serves a call as the daemon does; gives what was printed. */
async function throughDaemon(
  operation: Operation,
  plugin: string,
  request: string,
): Promise<string> {
  const { netns } = container;
  const parameters = { operation, containerId: "daemon", netns, ifName: "eth0", path: [bin] };
  const stdin = new TextEncoder().encode(request);
  const caller = { dev: 0n, ino: 0n };
  const answers: CallAnswer[] = [];
  await perform(
    {
      request: { plugin, cwd: "/", env: buildEnv({}, parameters), stdin, caller, hasNetns: true },
      stdin: readStdin(stdin),
      netnsPath: netns,
      stderr: () => {},
      answer: (answer) => void answers.push(answer),
      signal: new AbortController().signal,
    },
    {
      program: PROGRAM,
      scheduler: new CallScheduler(boundsFor(4096).calls),
      deleteLinks: (indexes, path) => Promise.resolve(void deleteLinks(indexes, path)),
      journal: { begin: () => true, forget: () => {}, collected: async () => {} },
      ended: () => {},
      leftToOthers: () => {},
    },
  );
  expect(answers.map(({ exitCode }) => exitCode)).toEqual([0]);
  return answers[0]?.stdout ?? "";
}
