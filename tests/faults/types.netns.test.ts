import { beforeAll, describe, expect } from "bun:test";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { faultOf } from "./judge.ts";
import { type Kind, PREVIOUS, SUBJECTS, type Subject, VALUES } from "./keys.ts";
import { type Json, type JsonObject, Stage } from "./stage.ts";

/** Every key of the plugins with a value of each JSON type that it does not take. */

/** The configuration with a value in another place. */
function withValue(json: Json | undefined, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (/^\d+$/.test(key)) {
    const list = Array.isArray(json) ? [...(json as Json[])] : [];
    list[Number(key)] = withValue(list[Number(key)], rest, value);
    return list;
  }
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  const object = isObject ? (json as JsonObject) : {};
  return { ...object, [key]: withValue(object[key], rest, value) };
}

function wrongValues(kind: Kind): Json[] {
  return (Object.keys(VALUES) as Kind[])
    .filter((other) => other !== kind)
    .flatMap((other) => VALUES[other] as readonly Json[]);
}

function configOf({ type, config }: Subject, path: string, value: Json): JsonObject {
  const all = { cniVersion: "1.1.0", name: "bad", type, ...config };
  // A key of sysctl has dots and slashes of its own; here it is written with slashes.
  return withValue(all, path.split("."), value) as JsonObject;
}

/** The names of all keys in a schema, as they stand in READMEs. */
function namesOf(schema: unknown): string[] {
  const { entries = {}, ...parts } = schema as Parts;
  const inner = [parts.wrapped, parts.item, parts.value, ...(parts.pipe ?? [])];
  // A pipe begins with the very schema.
  const below = inner.filter((each) => isSchema(each) && each !== schema);
  return [
    ...Object.entries(entries).flatMap(([name, of]) => [name, ...namesOf(of)]),
    ...below.flatMap((each) => namesOf(isPiped(each, schema) ? {} : each)),
  ];
}

interface Parts {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
  readonly item?: unknown;
  readonly value?: unknown;
  readonly pipe?: readonly unknown[];
}

function isSchema(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (value as { kind?: string }).kind === "schema"
  );
}

/** The first of a pipe has the entries that the pipe itself has. */
function isPiped(inner: unknown, schema: unknown): boolean {
  return (schema as Parts).pipe?.[0] === inner;
}

/** Their values may be of several types. */
const UNTYPED: ReadonlySet<string> = new Set(["option", "prefixDelegation"]);

describe("this table", () => {
  for (const plugin of PLUGIN_NAMES) {
    skipBecause(undefined)(`has every key of ${plugin}`, async () => {
      const path = `../../src/plugins/${plugin}/config.ts`;
      const { schema } = (await import(path)) as { schema: unknown };
      const names = new Set(namesOf(schema));
      const keys = SUBJECTS.find(({ type }) => type === plugin)?.keys ?? {};
      const known = new Set(Object.keys(keys).flatMap((key) => key.split(".")));
      const unknown = [...names].filter((name) => !known.has(name) && !UNTYPED.has(name));
      expect(unknown).toEqual([]);
    });
  }
});

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.create();
});

describe("a whole number in another form", () => {
  for (const subject of SUBJECTS) {
    const paths = Object.entries(subject.keys).flatMap(([path, kind]) =>
      kind === "whole" ? [path] : [],
    );
    if (paths.length === 0) continue;
    const answerTo = async (path: string, number: string): Promise<string> => {
      const config = { prevResult: PREVIOUS, ...configOf(subject, path, "@number@") };
      const text = JSON.stringify(config).replaceAll('"@number@"', number);
      const answer = await stage.call({ type: subject.type, command: "CHECK", config: text });
      return `${answer.exitCode} ${answer.stdout}`;
    };

    skipBecause(undefined)(
      `case P18, kind: ${subject.type} takes it as the plain one`,
      async () => {
        for (const path of paths) {
          const plain = await answerTo(path, "7");
          for (const form of ["7.0", "0.7e1", "70E-1"]) {
            expect({ path, form, answer: await answerTo(path, form) }).toEqual({
              path,
              form,
              answer: plain,
            });
          }
        }
      },
    );

    skipBecause(undefined)(`case P18, kind: ${subject.type} refuses what is none`, async () => {
      for (const path of paths) {
        for (const form of ["7.5", "1e400", "9007199254740993.0"]) {
          const answer = await answerTo(path, form);
          const isRefused = answer.startsWith("1 ") && answer.includes('"code": 7');
          expect({ path, form, answer, isRefused }).toMatchObject({ isRefused: true });
        }
      }
    });
  }
});

describe("a key of the wrong type", () => {
  for (const subject of SUBJECTS) {
    const { type, keys } = subject;
    skipBecause(undefined)(
      `${type}: ADD and CHECK name the key and the value, and change nothing`,
      async () => {
        const odd: string[] = [];
        const changed = await stage.changesOf(async () => {
          for (const [path, kind] of Object.entries(keys)) {
            for (const value of wrongValues(kind)) {
              for (const command of ["ADD", "CHECK"]) {
                const config = { prevResult: PREVIOUS, ...configOf(subject, path, value) };
                const answer = await stage.call({ type, command, config });
                const problem = problemOf(() => faultOf(answer), path, value);
                if (problem !== undefined) {
                  odd.push(`${command} ${path} = ${JSON.stringify(value)}: ${problem}`);
                }
              }
            }
          }
        });
        expect(odd).toEqual([]);
        expect(changed).toEqual([]);
      },
    );

    skipBecause(undefined)(`${type}: DEL goes on or says so, and never falls over`, async () => {
      const odd: string[] = [];
      const changed = await stage.changesOf(async () => {
        for (const [path, kind] of Object.entries(keys)) {
          for (const value of wrongValues(kind)) {
            const config = configOf(subject, path, value);
            const answer = await stage.call({ type, command: "DEL", config });
            if (answer.exitCode === 0 && answer.stdout === "") continue;
            const problem = problemOf(() => faultOf(answer), path, value);
            if (problem !== undefined) odd.push(`${path} = ${JSON.stringify(value)}: ${problem}`);
          }
        }
      });
      expect(odd).toEqual([]);
      expect(changed).toEqual([]);
    });

    skipBecause(hawserPlugins().missing)(`${type}: the executable answers the same`, async () => {
      const odd: string[] = [];
      for (const [path, kind] of Object.entries(keys)) {
        const [value = null] = wrongValues(kind);
        const call = { type, config: configOf(subject, path, value) };
        const [inside, outside] = [await stage.call(call), await stage.run(call)];
        if (inside.stdout !== outside.stdout) {
          odd.push(`${path}: ${inside.stdout} / ${outside.stdout}`);
        }
        faultOf(outside);
      }
      expect(odd).toEqual([]);
    });
  }
});

function problemOf(
  judge: () => { code: number; text: string },
  path: string,
  value: Json,
): string | undefined {
  try {
    const { code, text } = judge();
    if (code !== 7) return `code ${code}: ${text}`;
    const key = path.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
    if (!text.includes(key)) return `does not name the key: ${text}`;
    if (!text.includes(JSON.stringify(value))) return `does not name the value: ${text}`;
    return undefined;
  } catch (error) {
    return String(error);
  }
}
