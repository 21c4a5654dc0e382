import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";

/**
 * The examples of the plugins, `src/plugins/<name>/examples/*.json`: shown by the READMEs, and run
 * by tests.
 */

const words = v.pipe(
  v.string(),
  v.regex(/^\S+(?: \S+)*$/, "words with single spaces between them, no shell"),
);
const json = v.record(v.string(), v.unknown());

const EXAMPLE = v.strictObject({
  /** The heading in the README. */
  title: v.pipe(v.string(), v.nonEmpty()),
  /** One or two sentences below it. */
  text: v.pipe(v.string(), v.nonEmpty()),
  /** What of the machine it needs, as `needs(…)` of tests/support. */
  needs: v.optional(v.array(v.string()), []),
  /** Run on the host before ADD. */
  host: v.optional(v.array(words), []),
  /** Run in the container before ADD. */
  container: v.optional(v.array(words), []),
  /**
   * Programs of the host (of the plugins first) that are started before ADD and ended last; `ready`
   * is the path of a file that is there once one serves.
   */
  daemons: v.optional(v.array(v.strictObject({ run: words, ready: v.optional(v.string()) })), []),
  network: v.looseObject({
    cniVersion: v.string(),
    name: v.string(),
    plugins: v.array(v.looseObject({ type: v.string() })),
  }),
  /** CNI_ARGS. */
  args: v.optional(v.string(), ""),
  /** Values of capabilities, from the runtime. */
  capabilityArgs: v.optional(json, {}),
  /** What ADD gives; "*" stands for any value. */
  result: json,
  /** Names of the host's links that DEL leaves otherwise than they were, which the text says. */
  changed: v.optional(v.array(v.string()), []),
  /** What is seen after ADD. */
  judge: v.array(
    v.strictObject({
      at: v.picklist(["host", "container"]),
      run: words,
      contains: v.pipe(v.string(), v.nonEmpty()),
    }),
  ),
});

/** An example, and where it stands. */
export type Example = v.InferOutput<typeof EXAMPLE> & { readonly path: string };

/** The examples of a plugin; the first shows its main job. */
export function readExamples(plugin: string): Example[] {
  const folder = `src/plugins/${plugin}/examples`;
  if (!existsSync(join(ROOT, folder))) return [];
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    const path = `${folder}/${name}`;
    const parsed = v.safeParse(EXAMPLE, JSON.parse(readFileSync(join(ROOT, path), "utf8")));
    if (parsed.success) return { ...parsed.output, path };
    throw new Error(`${path}: ${v.summarize(parsed.issues)}`);
  });
}
