#!/usr/bin/env node
// @ts-check
/** `npm create hawser-plugin NAME [-- --kind KIND]`: the project of a CNI plugin. */
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { nameProblem } from "./name.mjs";
import { directoryProblem, KINDS, writeProject } from "./project.mjs";

const [DEFAULT_KIND] = KINDS;

const USAGE = `usage: npm create hawser-plugin NAME [-- --kind ${KINDS.join("|")}]

Makes the directory NAME with the project of a CNI plugin; --kind is ${DEFAULT_KIND} by default.
`;

/** What is wrong with the call; nothing has been written. */
class Refusal extends Error {}

/** @param {readonly string[]} words */
async function create(words) {
  const { values, positionals } = parsed(words);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.kind === undefined && process.env["npm_config_kind"] !== undefined) {
    throw new Refusal(
      `npm has taken --kind for an option of its own: "--" belongs before it\n\n${USAGE}`,
    );
  }
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (positionals.length > 1) throw new Refusal(`one name is enough\n\n${USAGE}`);
  const name = positionals[0] ?? (canAsk ? await answered("Name of the plugin: ", "") : "");
  if (name === "") throw new Refusal(`the plugin has no name\n\n${USAGE}`);
  const unfit = nameProblem(name) ?? directoryProblem(resolve(name));
  if (unfit !== undefined) throw new Refusal(unfit);
  const question = `Kind (${KINDS.join(", ")}) [${DEFAULT_KIND}]: `;
  const kind = values.kind ?? (canAsk ? await answered(question, DEFAULT_KIND) : DEFAULT_KIND);
  if (!KINDS.some((each) => each === kind)) {
    throw new Refusal(
      `${JSON.stringify(kind)} is no kind of plugin: there are ${KINDS.join(", ")}`,
    );
  }
  for (const path of writeProject({ directory: resolve(name), name, kind })) {
    process.stdout.write(`${name}/${path}\n`);
  }
  process.stdout.write(`\ncd ${name} && npm install && npm run build && npm test\n`);
}

/** @param {readonly string[]} words */
function parsed(words) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { kind: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

/**
 * Questions are for people: they go to stderr.
 * @param {string} question
 * @param {string} otherwise what no answer means
 */
async function answered(question, otherwise) {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim() || otherwise;
  } finally {
    lines.close();
  }
}

try {
  await create(process.argv.slice(2));
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`create-hawser-plugin: ${text.trimEnd()}\n`);
  process.exitCode = error instanceof Refusal ? 2 : 1;
}
