import { basename } from "node:path";
import {
  CONVENTIONAL,
  type JsonObject,
  type Kind,
  type Subject,
  type SubjectFile,
  versionsIn,
} from "../subject/index.ts";
import type { Machine } from "../world/index.ts";
import { isObject } from "./answer.ts";
import { links } from "./observe.ts";
import { listOf, PluginScene } from "./scene.ts";
import { VERSIONS } from "./versions.ts";

/** Learns what a subject is: from its file, from its name, or by trying it as each kind. */

interface Trial {
  readonly kind: Kind;
  readonly file: SubjectFile;
  readonly what: string;
}

const TRIALS: readonly Trial[] = [
  { kind: "interface", file: {}, what: "an ADD made an interface" },
  {
    kind: "interface",
    file: { config: { master: "up0" }, links: ["up0"] },
    what: "an ADD with a master made an interface",
  },
  { kind: "chained", file: {}, what: "an ADD with prevResult succeeded" },
  { kind: "ipam", file: {}, what: "an ADD gave addresses" },
];

const TRIAL_MS = 5000;

export async function meet(
  machine: Machine,
  path: string,
  given: SubjectFile | undefined,
  timeoutMs?: number,
): Promise<Subject> {
  const type = basename(path);
  const conventional = given === undefined ? CONVENTIONAL[type] : undefined;
  const file = given ?? conventional ?? {};
  const draft: Subject = { kind: "interface", ...file, path, type, by: "", versions: VERSIONS };
  const { versions, hangs } = await askVersions(machine, draft, timeoutMs);
  if (file.kind !== undefined) {
    const by = conventional === undefined ? "its subject.json" : `its name, ${type}`;
    return { ...draft, ...{ kind: file.kind, by, versions } };
  }
  for (const trial of hangs ? [] : TRIALS) {
    const tried: Subject = { ...draft, ...trial.file, ...file, kind: trial.kind, versions };
    if (await fits(machine, tried, timeoutMs)) return { ...tried, by: trial.what };
  }
  return {
    ...draft,
    versions,
    isGuess: true,
    by: "no trial ADD succeeded, so it was taken for an interface plugin",
  };
}

async function askVersions(
  machine: Machine,
  subject: Subject,
  timeoutMs = TRIAL_MS,
): Promise<{ readonly versions: string[]; readonly hangs: boolean }> {
  await using scene = await PluginScene.create(machine, subject, { timeoutMs });
  const answer = await scene.call("VERSION", { config: { cniVersion: "1.0.0" } });
  const versions = versionsIn(answer.stdout, answer.exitCode);
  return { versions, hangs: answer.killed !== undefined };
}

async function fits(machine: Machine, subject: Subject, timeoutMs = TRIAL_MS): Promise<boolean> {
  await using scene = await PluginScene.create(machine, subject, {
    timeoutMs: Math.min(timeoutMs, TRIAL_MS),
  });
  const container = await scene.container();
  const before = await links(scene.world, container.name);
  const answer = await scene.call("ADD", { container });
  if (answer.exitCode !== 0 || !isObject(answer.json)) return false;
  if (subject.kind === "chained") return true;
  if (subject.kind === "ipam") return hasAddresses(answer.json);
  const after = await links(scene.world, container.name);
  return after.length > before.length && after.some(({ name }) => name === scene.ifName);
}

function hasAddresses(result: JsonObject): boolean {
  return listOf(result, "ips").length > 0 || "ip4" in result || "ip6" in result;
}
