/** The files that networks are configured in: judged as `hawser validate` judges them. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { shellWord } from "../base/index.ts";
import { CONFIG_LIMIT, loadNetworks } from "../runtime/index.ts";
import { isObject, parseJson } from "../spec/index.ts";
import { type ClientChoice, type Diagnostic, judge } from "../validate/index.ts";
import type { Report } from "./report.ts";
import { textAt } from "./subject.ts";
import type { Node } from "./surroundings.ts";

/** Looks at the files of one network, or of all. */
export async function lookAtConfiguration(
  node: Node,
  report: Report,
  network?: string,
): Promise<void> {
  const { confDir } = node.places;
  report.look(confDir);
  if (!existsSync(confDir)) {
    none(report, confDir, network);
    return;
  }
  const { networks, skipped, warnings } = loadNetworks(confDir);
  const { diagnostics, directories } = await judge([confDir]);
  const choices = directories.flatMap((each) => each.choices);
  // A file that names another network is the node's matter, and not this container's.
  const isMeant = (file: string): boolean =>
    network === undefined || (nameIn(file) ?? network) === network;
  const errors = diagnostics.filter(({ level, file }) => level === "error" && isMeant(file));
  for (const one of errors) broken(report, one.file, textOf(one), choices);
  for (const { file, error } of skipped) {
    const isNamed = errors.some((one) => one.file === file);
    if (!isNamed && isMeant(file)) broken(report, file, `${file}: ${error.message}`, choices);
  }
  for (const text of warnings) {
    if (network !== undefined && !text.includes(JSON.stringify(network))) continue;
    report.find("configuration-shadowed", text, `hawser validate ${shellWord(confDir)}`);
  }
  const own = networks.find(({ config }) => network === undefined || config.name === network);
  if (own === undefined && report.findings.length === 0) none(report, confDir, network);
  if (own === undefined) return;
  report.pass(
    network === undefined ? `${networks.length} configured; ${takenOf(choices)}` : own.file,
  );
}

/** With its place, where it has one. */
function textOf({ file, place, message }: Diagnostic): string {
  return `${file}${place === undefined ? "" : `:${place.line}:${place.column}`}: ${message}`;
}

function broken(
  report: Report,
  file: string,
  text: string,
  choices: readonly ClientChoice[],
): void {
  report.look(file);
  const stopped = choices.filter(({ isStopped }) => isStopped).map(({ client }) => client);
  const effect =
    stopped.length === 0
      ? ""
      : `; ${stopped.join(" and ")} would take no network, and say that the CNI plugin is not initialized`;
  report.find("configuration-broken", `${text}${effect}`, `hawser validate ${shellWord(file)}`);
}

function none(report: Report, confDir: string, network: string | undefined): void {
  if (network === undefined) {
    const what = existsSync(confDir) ? `${confDir} has no network` : `there is no ${confDir}`;
    report.find(
      "configuration-none",
      `${what}: runtimes say that the CNI plugin is not initialized`,
      `hawser install --conflist FILE --conf-dir ${shellWord(confDir)}`,
    );
    return;
  }
  report.find(
    "configuration-missing",
    `no file of ${confDir} has the network ${network}: the container goes on by the configuration of its ADD`,
    `ls ${shellWord(confDir)}`,
  );
}

/** Which file each runtime takes where none is named: one line when they agree. */
function takenOf(choices: readonly ClientChoice[]): string {
  const taken = choices.map(({ client, file = "none" }) => ({ client, file }));
  const [first] = taken;
  if (first === undefined) return "";
  const { file } = first;
  if (taken.every((one) => one.file === file)) {
    return `${taken.map(({ client }) => client).join(", ")} take ${file}`;
  }
  return taken.map((one) => `${one.client} takes ${one.file}`).join(", ");
}

/** The network that a file is about; undefined where that cannot be said. */
function nameIn(file: string): string | undefined {
  try {
    if (statSync(file).size > CONFIG_LIMIT) return undefined;
    const json = parseJson(readFileSync(file, "utf8"));
    return isObject(json) ? textAt(json, "name") || undefined : undefined;
  } catch {
    return undefined;
  }
}
