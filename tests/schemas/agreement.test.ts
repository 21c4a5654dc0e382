import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  CniError,
  type JsonValue,
  parseJson,
  parseJsonWithComments,
  parseResult,
  printJson,
} from "../../src/spec/index.ts";
import { readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { ROOT } from "../../tools/test/files.ts";
import { SUBJECTS } from "../faults/keys.ts";
import { configurations } from "../peers/configurations/generate.ts";
import type { Value } from "../peers/configurations/json.ts";
import { changed, networksOf } from "./arbitrary.ts";
import { objection, refusal, TYPES, validatorOf } from "./judge.ts";
import { REASONS, reasonFor } from "./reasons.ts";

/** Parser and schema judge alike, but for the reasons that stand in reasons.ts. */

setDefaultTimeout(60_000);

/** Another seed gives other values: HAWSER_SCHEMA_SEED. */
const SEED = Number(process.env["HAWSER_SCHEMA_SEED"] ?? 12);
const RUNS = 600;

/** What nothing explains, for people; undefined where both say the same. */
function difference(network: JsonValue): string | undefined {
  const said = { refusal: refusal(network), objection: objection(network) };
  if ((said.refusal === undefined) === (said.objection === undefined)) return undefined;
  if (reasonFor(network, said) !== undefined) return undefined;
  const who = said.refusal === undefined ? "the schema alone" : "the parser alone";
  return `${who} refuses ${printJson(network)}: ${said.refusal ?? said.objection}`;
}

describe("networks", () => {
  for (const subject of SUBJECTS) {
    test(`${RUNS} of ${subject.type}, right and wrong`, () => {
      const taken = { yes: 0, no: 0 };
      const judge = (network: JsonValue): void => {
        expect(difference(network)).toBeUndefined();
        taken[objection(network) === undefined ? "yes" : "no"]++;
      };
      fc.assert(fc.property(networksOf(subject), judge), { numRuns: RUNS, seed: SEED });
      // Of a generator that makes one kind alone, nothing would be learnt.
      expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(RUNS / 50);
    });
  }

  test("every plugin is judged", () => {
    expect(TYPES.toSorted()).toEqual(PLUGIN_NAMES.toSorted());
    expect(new Set([...SUBJECTS.map(({ type }) => type), "loopback"]).size).toBe(TYPES.length);
  });

  test("files as people write them", () => {
    const texts = configurations(2000).flatMap(({ text }) => parsed(text));
    expect(texts.length).toBeGreaterThan(1500);
    expect(texts.flatMap((network) => difference(network) ?? [])).toEqual([]);
  });

  test("all that the repository shows are good for both", () => {
    const shown = [...exampleNetworks(), ...documentedNetworks()];
    expect(shown.length).toBeGreaterThan(50);
    const wrong = shown.flatMap(([where, network]) => {
      const why = refusal(network) ?? objection(network);
      return why === undefined ? [] : [`${where}: ${why}`];
    });
    expect(wrong).toEqual([]);
  });
});

/** The examples of the plugins and of examples/. */
function exampleNetworks(): [where: string, network: JsonValue][] {
  const files = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".conflist"));
  return [
    ...PLUGIN_NAMES.flatMap((plugin) =>
      readExamples(plugin).map(({ path, network }): [string, JsonValue] => [
        path,
        parseJson(JSON.stringify(network)),
      ]),
    ),
    ...files.map((name): [string, JsonValue] => [
      name,
      parseJsonWithComments(readFileSync(join(ROOT, "examples", name), "utf8")),
    ]),
  ];
}

/** Whole networks that the documents show. */
function documentedNetworks(): [where: string, network: JsonValue][] {
  const documents = [
    "README.md",
    ...readdirSync(join(ROOT, "docs"), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
    ...PLUGIN_NAMES.map((name) => `src/plugins/${name}/README.md`),
  ];
  return documents.flatMap((path) => {
    const blocks = readFileSync(join(ROOT, path), "utf8").matchAll(/```json\n(.*?)```/gs);
    return [...blocks].flatMap(([, text = ""]) =>
      parsed(text)
        .filter((value) => typeof value === "object" && value !== null && "plugins" in value)
        .map((value): [string, JsonValue] => [path, value]),
    );
  });
}

function parsed(text: string): JsonValue[] {
  try {
    return [parseJson(text)];
  } catch {
    return [];
  }
}

const RESULTS: Readonly<Record<string, Value>> = {
  "0.2.0": {
    ...{
      cniVersion: "0.2.0",
      ip4: { ip: "10.1.0.2/16", gateway: "10.1.0.1", routes: [{ dst: "::/0" }] },
    },
    ...{
      ip6: { ip: "fd00::2/64", routes: [] },
      dns: { nameservers: ["10.1.0.1"], domain: "local" },
    },
  },
  "0.4.0": {
    ...{
      cniVersion: "0.4.0",
      interfaces: [{ name: "eth0", mac: "02:00:00:00:00:07", sandbox: "/run/x" }],
    },
    ...{ ips: [{ version: "4", address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 }] },
    ...{
      routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1", mtu: 1400 }],
      dns: { search: ["a"], options: ["b"] },
    },
  },
  "1.1.0": {
    ...{
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0", mtu: 1500, socketPath: "/s", pciID: "0" }],
    },
    ...{ ips: [{ address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 }] },
    ...{
      routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1", table: 0, scope: 253, priority: 1, advmss: 9 }],
    },
    ...{ dns: { nameservers: [] } },
  },
};

/** The values of `cniVersion` that a reader takes for none. */
function versionIsNoText(value: JsonValue): boolean {
  const version = (value as { readonly cniVersion?: JsonValue }).cniVersion;
  return version !== undefined && version !== null && typeof version !== "string";
}

describe("results and errors", () => {
  const schema = validatorOf("result.schema.json");
  for (const [version, start] of Object.entries(RESULTS)) {
    test(`results of ${version}, right and wrong`, () => {
      const taken = { yes: 0, no: 0 };
      const judge = (value: JsonValue): void => {
        // A reader overlooks a version that is no text; the schema says that it is wrong.
        if (versionIsNoText(value)) return;
        const reads = thrown(() => parseResult(value, "")) === undefined;
        const takes = schema(JSON.parse(printJson(value)));
        expect([takes, printJson(value)]).toEqual([reads, printJson(value)]);
        taken[takes ? "yes" : "no"]++;
      };
      fc.assert(fc.property(changed(start), judge), { numRuns: RUNS, seed: SEED });
      expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(RUNS / 50);
    });
  }

  test("errors, right and wrong", () => {
    const error = validatorOf("error.schema.json");
    const start = { cniVersion: "1.1.0", code: 7, msg: "text", details: "text" };
    const judge = (value: JsonValue): void => {
      const { code, msg } = value as { readonly code?: JsonValue; readonly msg?: JsonValue };
      // A reader is content with an error without number and text; one that prints it must not be.
      if (code === null || msg === null) return;
      const reads = thrown(() => CniError.fromJson(value)) === undefined;
      expect([error(JSON.parse(printJson(value))), printJson(value)]).toEqual([
        reads,
        printJson(value),
      ]);
    };
    fc.assert(fc.property(changed(start), judge), { numRuns: RUNS, seed: SEED });
  });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each(REASONS.map((reason) => [reason.why, reason] as const))(
  "a reason: %s",
  (_why, reason) => {
    const network = { cniVersion: "1.1.0", name: "net", plugins: [reason.example] };
    const said = { refusal: refusal(network), objection: objection(network) };
    expect(said.refusal === undefined).toBe(said.objection !== undefined);
    expect(reasonFor(network, said)).toBe(reason);
  },
);
