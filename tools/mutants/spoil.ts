import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type Answer, type Call, isJson, type Json, parsed, type Spoil } from "./call.ts";

/** What faults are made of. */

/** Some operations are spoiled, the others are as they should be. */
export function on(operations: string, spoil: Spoil): Spoil {
  const spoiled = operations.split(" ");
  return (call) => (spoiled.includes(call.operation) ? spoil(call) : call.real());
}

/** The plugin does its work, and something else is answered. */
export function answers(change: (answer: Answer, call: Call) => Partial<Answer>): Spoil {
  return (call) => {
    const answer = call.real();
    return { ...answer, ...change(answer, call) };
  };
}

/** Something happens when the plugin has succeeded. */
export function afterwards(act: (call: Call, result: Json) => void): Spoil {
  return (call) => {
    const answer = call.real();
    if (answer.code === 0) act(call, parsed(answer.stdout) ?? {});
    return answer;
  };
}

/** The result of an ADD has something changed in it. */
export function result(change: (result: Json, call: Call) => unknown): Spoil {
  return on(
    "ADD",
    answers(({ stdout, code }, call) => {
      const value = parsed(stdout);
      if (code !== 0 || value === undefined) return {};
      return { stdout: JSON.stringify(change(value, call) ?? value) };
    }),
  );
}

/** The error object has something changed in it. */
export function failure(change: (error: Json, call: Call) => unknown): Spoil {
  return answers(({ stdout, code }, call) => {
    const value = parsed(stdout);
    if (code === 0 || value === undefined) return {};
    return { stdout: JSON.stringify(change(value, call) ?? value) };
  });
}

/** Whatever the answer to a failure is, it is this. */
export function failing(change: (answer: Answer) => Partial<Answer>): Spoil {
  return answers((answer) => (answer.code === 0 ? {} : change(answer)));
}

/** The plugin reads another configuration than was given. */
export function reads(change: (config: Json, call: Call) => unknown): Spoil {
  return (call) => {
    if (parsed(call.stdin) === undefined) return call.real();
    const config = structuredClone(call.config);
    return call.real({ stdin: JSON.stringify(change(config, call) ?? config) });
  };
}

/** The plugin sees another environment. */
export function sees(change: (env: Record<string, string>, call: Call) => void): Spoil {
  return (call) => {
    const env = { ...call.env };
    change(env, call);
    return call.real({ env });
  };
}

/** Where a condition holds something is spoiled. */
export function where(condition: (call: Call) => boolean, spoil: Spoil): Spoil {
  return (call) => (condition(call) ? spoil(call) : call.real());
}

/** Success, with nothing done and nothing said. */
export const nothing: Spoil = () => ({ stdout: "", stderr: "", code: 0 });

/** An answer of success. */
export function prints(value: unknown): Answer {
  return { stdout: typeof value === "string" ? value : JSON.stringify(value), stderr: "", code: 0 };
}

/** An answer of failure, of the specification's shape. */
export function refuses(code: number, msg: string): Spoil {
  return ({ config }) => {
    const version = typeof config["cniVersion"] === "string" ? config["cniVersion"] : "1.0.0";
    const error = { cniVersion: version, code, msg };
    return { stdout: JSON.stringify(error), stderr: "", code: 1 };
  };
}

/** The objects of a list in a result or configuration. */
export function objects(of: Json, key: string): Json[] {
  const value = of[key];
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** An object in a result or configuration; an empty one where it is absent. */
export function object(of: Json, key: string): Json {
  const value = of[key];
  return isJson(value) ? value : {};
}

/** A text in a result or configuration. */
export function text(of: Json, key: string): string {
  const value = of[key];
  return typeof value === "string" ? value : "";
}

/** Runs a program and gives what it printed; how it ends is all one. */
export function run(...argv: string[]): string {
  const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin" } = Bun.env;
  return Bun.spawnSync(argv, { env: { PATH }, stderr: "ignore" }).stdout.toString();
}

/** The same in the container's namespace. */
export function inside({ env }: Call, ...argv: string[]): string {
  const netns = env["CNI_NETNS"] ?? "";
  return netns === "" ? "" : run("nsenter", `--net=${netns}`, ...argv);
}

/** The container's interface. */
export function ifName({ env }: Call): string {
  return env["CNI_IFNAME"] ?? "";
}

/** The IPAM plugin's answer to a call that the plugin itself does not make. */
export function ipam(
  { config, env, stdin }: Call,
  changed: Readonly<Record<string, string>>,
): void {
  const type = text(object(config, "ipam"), "type");
  const places = (env["CNI_PATH"] ?? "").split(":").map((directory) => `${directory}/${type}`);
  const path = type === "" ? undefined : places.find((place) => existsSync(place));
  if (path !== undefined) {
    Bun.spawnSync([path], { env: { ...env, ...changed }, stdin: Buffer.from(stdin) });
  }
}

/** Each world of the suite has a /run of its own, so what is noted there is of one host. */
const NOTES = "/run/mutant";

/** Keeps a word for later calls. */
export function note(word: string): void {
  mkdirSync(NOTES, { recursive: true });
  writeFileSync(`${NOTES}/${encodeURIComponent(word)}`, "");
}

/** The words that were kept. */
export function notes(): string[] {
  return existsSync(NOTES) ? readdirSync(NOTES).map((name) => decodeURIComponent(name)) : [];
}

/** Whether a word was kept. */
export function noted(word: string): boolean {
  return notes().includes(word);
}

/** Whether CNI_NETNS leads to nothing. */
export function noNetns({ env }: Call): boolean {
  const netns = env["CNI_NETNS"] ?? "";
  return netns === "" || !existsSync(netns);
}
