import { isObject } from "../plugin/answer.ts";
import { VERSIONS } from "../plugin/versions.ts";
import { type Json, type JsonObject, SubjectError } from "../subject/index.ts";

/** What an adapter says of its runtime: the answer to `describe`. docs/conformance-runtimes.md has it. */

export const OPERATIONS = ["add", "del", "check", "gc", "status", "version"] as const;
export type RuntimeOperation = (typeof OPERATIONS)[number];

/** What can be said to the runtime, or is done by it, beyond what each one has. */
export const ABILITIES = [
  "network",
  "netns",
  "containerId",
  "ifName",
  "args",
  "capabilities",
  "valid",
  "pluginDirs",
  "cacheDir",
  "dropIns",
  "timeout",
  "repeatedDel",
  "result",
  "errorCode",
] as const;
export type Ability = (typeof ABILITIES)[number];

/** A runtime as the checks know it. */
export interface RuntimeFacts {
  /** The adapter, absolute. */
  readonly path: string;
  readonly name: string;
  /** Of the runtime; "" when the adapter does not say. */
  readonly version: string;
  /** Of the specification, in order. */
  readonly versions: readonly string[];
  readonly operations: readonly RuntimeOperation[];
  readonly abilities: readonly Ability[];
  /** Where the runtime looks, when that cannot be said to it. */
  readonly confDir: string | undefined;
  readonly pluginDir: string | undefined;
  /** Directories that are empty and writable in the world. */
  readonly directories: readonly string[];
  /** The longest time of one call. */
  readonly callSeconds: number | undefined;
}

type Test = readonly [what: string, holds: (value: Json) => boolean];

const isText = (value: Json | undefined): value is string =>
  typeof value === "string" && value !== "";
const isPath = (value: Json): boolean => isText(value) && value.startsWith("/");
const someOf = (list: readonly string[]): Test => [
  `a list of some of ${list.join(", ")}`,
  (value) =>
    Array.isArray(value) && value.every((each: Json) => isText(each) && list.includes(each)),
];

const KEYS: Readonly<Record<string, Test>> = {
  name: ["a text", isText],
  version: ["a text", (value) => typeof value === "string"],
  versions: someOf(VERSIONS),
  operations: someOf(OPERATIONS),
  takes: someOf(ABILITIES),
  confDir: ["an absolute path", isPath],
  pluginDir: ["an absolute path", isPath],
  directories: ["a list of absolute paths", (value) => Array.isArray(value) && value.every(isPath)],
  callSeconds: ["a number above 0", (value) => typeof value === "number" && value > 0],
};

/**
 * Reads it strictly: a key that nothing reads is a mistake of the adapter's author.
 * @throws SubjectError that names the key.
 */
export function readDescription(path: string, text: string): RuntimeFacts {
  const said = objectIn(text);
  for (const [key, value] of Object.entries(said)) {
    const test = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (test === undefined) {
      throw wrong(`has no key "${key}"; it knows ${Object.keys(KEYS).join(", ")}`);
    }
    if (!test[1](value)) throw wrong(`: "${key}" must be ${test[0]}`);
  }
  const operations = OPERATIONS.filter((one) => listIn(said, "operations").includes(one));
  for (const needed of ["add", "del"] as const) {
    if (!operations.includes(needed)) throw wrong(`: "operations" must have "${needed}"`);
  }
  const versions = listIn(said, "versions");
  const { name, version, confDir, pluginDir, callSeconds } = said;
  if (!isText(name)) throw wrong(`must have "name"`);
  return {
    path,
    name,
    version: isText(version) ? version : "",
    versions: VERSIONS.filter((one) => versions.length === 0 || versions.includes(one)),
    operations,
    abilities: ABILITIES.filter((one) => listIn(said, "takes").includes(one)),
    confDir: isText(confDir) ? confDir : undefined,
    pluginDir: isText(pluginDir) ? pluginDir : undefined,
    directories: listIn(said, "directories"),
    callSeconds: typeof callSeconds === "number" ? callSeconds : undefined,
  };
}

function objectIn(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw wrong("must be an object");
  return value;
}

function listIn(said: JsonObject, key: string): string[] {
  const value = said[key];
  return Array.isArray(value) ? value.filter(isText) : [];
}

function wrong(what: string): SubjectError {
  return new SubjectError(`the adapter's answer to \`describe\` ${what}`.replace(" :", ":"));
}
