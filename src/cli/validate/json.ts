import { findingForm } from "../../api/form/index.ts";
import { defined } from "../../base/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { Diagnostic, DirectoryChoices, Level, Mended, Report } from "../../validate/index.ts";
import { json } from "../json.ts";
import { textDiff } from "./forms.ts";

/** The report for programs; docs/cli.schema.json describes it. */
export function reportJson(
  { files, diagnostics, directories }: Report,
  mended: readonly Mended[],
  isDry: boolean,
): JsonObject {
  const count = (level: Level): number => diagnostics.filter((each) => each.level === level).length;
  return {
    files: [...files],
    counts: { errors: count("error"), warnings: count("warning"), notes: count("note") },
    findings: diagnostics.map(diagnosticJson),
    directories: directories.map(directoryJson),
    ...(mended.length === 0 ? {} : { mended: mended.map(mendedJson), dryRun: isDry }),
  };
}

function diagnosticJson(finding: Diagnostic): JsonObject {
  const { rule, level, file, place, message, help, related, fix } = finding;
  return {
    ...json(findingForm({ name: rule, severity: level, message, remedy: help })),
    file,
    ...(place === undefined ? {} : { ...place }),
    ...(related === undefined ? {} : { related: related.map((each) => ({ ...each })) }),
    ...(fix === undefined
      ? {}
      : { fix: fix.map(({ offset, length, text }) => ({ offset, length, text })) }),
  };
}

function directoryJson({ dir, choices }: DirectoryChoices): JsonObject {
  return {
    dir,
    runtimes: choices.map(({ client, file, network, why, isStopped }) => {
      return { runtime: client, ...defined({ file, network }), why, stopped: isStopped };
    }),
  };
}

function mendedJson(mended: Mended): JsonObject {
  const { file, rules } = mended;
  return { file, rules: [...rules], diff: textDiff(mended) };
}
