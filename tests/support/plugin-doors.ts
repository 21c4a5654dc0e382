/** The same call of a plugin, through each door: as a process, and as a function in this one. */

import { expect } from "bun:test";
import { join } from "node:path";
import type { Executor } from "../../src/invoke/index.ts";
import type { Plugin } from "../../src/plugin/index.ts";
import { probe, smallProbe } from "../fixtures/plugins/probe.ts";
import { run } from "./exec.ts";

/** One call: the whole environment and stdin. */
export interface DoorCall {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Which of the two probes is meant. */
  readonly small?: boolean;
  /** In process only. */
  readonly executor?: Executor;
}

/** What a caller sees of the answer. */
export interface DoorAnswer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Door {
  readonly name: string;
  readonly call: (call: DoorCall) => Promise<DoorAnswer>;
}

/** Where the plugins made for tests are. */
export const FIXTURES: string = join(import.meta.dir, "../fixtures/plugins");

async function asProcess({ env, stdin, small }: DoorCall): Promise<DoorAnswer> {
  return await run([process.execPath, join(FIXTURES, "probe.ts")], {
    env: {
      PATH: process.env["PATH"] ?? "",
      ...(small === true ? { PROBE_SMALL: "1" } : {}),
      ...env,
    },
    stdin,
    timeoutMs: 20_000,
  });
}

async function asFunction({ env, stdin, small, executor }: DoorCall): Promise<DoorAnswer> {
  const plugin: Plugin = small === true ? smallProbe : probe;
  let stdout = "";
  let stderr = "";
  const exitCode = await plugin.entry({
    env,
    stdin: () => stdin,
    stdout: (text) => {
      if (stdout !== "") throw new Error("stdout was written more than once");
      stdout = text;
    },
    stderr: (text) => {
      stderr += text;
    },
    ...(executor === undefined ? {} : { executor }),
  });
  return { exitCode, stdout, stderr };
}

export const DOORS: readonly Door[] = [
  { name: "as a process", call: asProcess },
  { name: "in process", call: asFunction },
];

export const ALL_VERSIONS: readonly string[] = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
];
/** A result for the probe to give. */
export const RESULT: Readonly<{ cniVersion: string; ips: { address: string }[] }> = {
  cniVersion: "1.1.0",
  ips: [{ address: "10.1.2.3/24" }],
};
/** What every request of an attachment has. */
export const ENV: Readonly<Record<string, string>> = {
  CNI_CONTAINERID: "some-id",
  CNI_NETNS: "/nonexistent/netns",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/nonexistent/bin",
};

/** The environment of a request; "-" takes a variable out. */
export function env(command: string, other: Record<string, string> = {}): Record<string, string> {
  const merged: Record<string, string> = { ...ENV, CNI_COMMAND: command, ...other };
  for (const [name, value] of Object.entries(merged)) {
    if (value === "-") delete merged[name];
  }
  return merged;
}

/** The configuration of a request to the probe. */
export function config(
  probe: Record<string, unknown> = {},
  other: Record<string, unknown> = {},
): string {
  const lists = { "cni.dev/valid-attachments": [] };
  return JSON.stringify({
    cniVersion: "1.1.0",
    name: "net",
    type: "probe",
    ...lists,
    probe,
    ...other,
  });
}

/** The error object on stdout; fails the test when the call succeeded. */
export function failure(answer: DoorAnswer): Record<string, unknown> {
  expect({ exitCode: answer.exitCode, stderr: answer.stderr }).toMatchObject({ exitCode: 1 });
  return JSON.parse(answer.stdout) as Record<string, unknown>;
}
