import { type Json, type JsonObject, KINDS, type SubjectFile } from "./subject.ts";

/** subject.json, read strictly: a key that nothing reads is a mistake of its author. */

export class SubjectError extends Error {
  override name = "SubjectError";
}

type Test = readonly [what: string, holds: (value: Json) => boolean];

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: Json): boolean => typeof value === "string" && value !== "";
const isTexts = (value: Json): boolean => Array.isArray(value) && value.every(isText);
const isCommands = (value: Json): boolean =>
  Array.isArray(value) && value.every((command: Json) => isTexts(command) && command !== null);
const isSabotage = (value: Json): boolean =>
  isObject(value) && isText(value["what"] ?? "") && isCommands(value["commands"] ?? null);

const isContainerKeys = (value: Json): boolean =>
  isObject(value) &&
  Object.entries(value).every(([key, one]) => {
    if (key === "args") return typeof one === "string";
    return (key === "config" || key === "runtimeConfig") && isObject(one);
  });

const OBJECT: Test = ["an object", isObject];
const TEXTS: Test = ["a list of texts", isTexts];
const COMMANDS: Test = ["a list of commands, each a list of words", isCommands];

const KEYS: Readonly<Record<keyof SubjectFile, Test>> = {
  kind: [`one of ${KINDS.join(", ")}`, (value) => KINDS.some((kind) => kind === value)],
  config: OBJECT,
  ipam: ["an object or null", (value) => value === null || isObject(value)],
  runtimeConfig: OBJECT,
  args: ["a text", (value) => typeof value === "string"],
  ifName: ["a text", isText],
  adjusts: ["true or false", (value) => typeof value === "boolean"],
  links: TEXTS,
  pluginDirs: TEXTS,
  env: [
    "an object of texts",
    (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
  ],
  directories: TEXTS,
  each: [
    "a list of { config, runtimeConfig, args }",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isContainerKeys),
  ],
  small: OBJECT,
  wired: ["a text", isText],
  awaits: TEXTS,
  prepare: COMMANDS,
  cleanup: COMMANDS,
  background: COMMANDS,
  sabotage: [
    "a list of { what, commands }",
    (value) => Array.isArray(value) && value.every(isSabotage),
  ],
  checkIsBlind: ["a text: the reason", isText],
};

/** @throws SubjectError that names the key. */
export function readSubject(text: string): SubjectFile {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new SubjectError(`it is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new SubjectError("it must be an object");
  const tests = new Map<string, Test>(Object.entries(KEYS));
  for (const [key, one] of Object.entries(value)) {
    const test = tests.get(key);
    if (test === undefined) {
      throw new SubjectError(`it has no key "${key}"; it knows ${[...tests.keys()].join(", ")}`);
    }
    if (!test[1](one)) throw new SubjectError(`"${key}" must be ${test[0]}`);
  }
  return value;
}
