/** What works is not complained of. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { HEALTHY } from "../../tests/fixtures/configurations/healthy.ts";
import { configurations } from "../../tests/peers/configurations/generate.ts";
import { patient } from "../../tests/support/patience.ts";
import { PLUGINS } from "../plugins/registry/index.ts";
import { networkFromText } from "../runtime/index.ts";
import { field, isObject } from "../spec/index.ts";
import { judgeBytes } from "./file.ts";
import type { Diagnostic } from "./index.ts";
import { refusalOf } from "./values/ask.ts";

const ROOT = join(import.meta.dir, "../..");

async function found(file: string, text: string): Promise<Diagnostic[]> {
  const { findings } = await judgeBytes(file, new TextEncoder().encode(text));
  return findings.list().filter(({ level }) => level !== "note");
}

for (const [name, { file, text }] of Object.entries(HEALTHY)) {
  // The capability "snat" that kube-router declares is read by nothing: a note.
  test(`healthy: ${name}`, async () => {
    expect(await found(file, text)).toEqual([]);
  });
}

for (const type of PLUGINS.keys()) {
  for (const name of readdirSync(join(ROOT, "src/plugins", type, "examples"))) {
    test(`healthy: example ${name} of ${type}`, async () => {
      const path = join(ROOT, "src/plugins", type, "examples", name);
      const { network } = JSON.parse(readFileSync(path, "utf8")) as { network: object };
      expect(await found("example.conflist", JSON.stringify(network, null, 2))).toEqual([]);
    });
  }
}

for (const name of readdirSync(join(ROOT, "examples")).filter((each) =>
  each.endsWith(".conflist"),
)) {
  test(`healthy: examples/${name}, but for its comments and the specification's own key`, async () => {
    const list = await found(name, readFileSync(join(ROOT, "examples", basename(name)), "utf8"));
    expect(
      list.filter(
        ({ rule, message }) => rule !== "hawser-only-syntax" && !message.includes("keyA"),
      ),
    ).toEqual([]);
  });
}

const COUNT = 200;
/** Findings that are no matter of the parsers: what ours takes all the same. */
const BEYOND = new Set(["unfilled-template"]);

test(
  `of ${COUNT} generated configurations those have errors that the plugins refuse, and no others`,
  async () => {
    const wrong: string[] = [];
    for (const { text, changes } of configurations(COUNT)) {
      const refused = await refusalOfAny(text);
      const errors = (await found("generated.conflist", text)).filter(
        ({ level }) => level === "error",
      );
      const isAlarm = errors.some(({ rule }) => !BEYOND.has(rule));
      if (refused === undefined && isAlarm) {
        wrong.push(
          `false alarm: ${changes.join(", ")}: ${errors.map(({ message }) => message).join("; ")}`,
        );
      }
      if (refused !== undefined && errors.length === 0) {
        wrong.push(`missed: ${changes.join(", ")}: ${refused}`);
      }
    }
    expect(wrong).toEqual([]);
  },
  patient(60_000),
);

/** What our runtime and plugins say of a file, by their ordinary doors. */
async function refusalOfAny(text: string): Promise<string | undefined> {
  try {
    const { name, cniVersion, plugins } = networkFromText(text);
    for (const { type, json } of plugins) {
      const ipam = field(json, "ipam");
      const delegate = isObject(ipam) ? field(ipam, "type") : undefined;
      const config = { ...json, name, cniVersion };
      for (const each of [type, typeof delegate === "string" ? delegate : ""]) {
        const error = await refusalOf(each, config);
        // A file of this machine that is not there is no fault of the configuration.
        if (error !== undefined && error.code !== 5) return error.message;
      }
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}
