/** The same call of a plugin, through each door: as a process, and as a function in this one. */
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
      if (stdout !== "") {
        throw new Error("stdout was written more than once");
      }
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
