/** Plans as people and programs read them. */
import { dirname } from "node:path";
import { createColors } from "picocolors";
import { printable, shellWord } from "../base/index.ts";
import type { Standing } from "../plugin/index.ts";
import { PLUGINS } from "../plugins/registry/index.ts";
import type { JsonObject } from "../spec/index.ts";
import type { PlannedStep, PluginPlan } from "./plan.ts";

/** The sign before a step, and its colour on a terminal. */
const MARKS: Readonly<Record<Standing, [string, "green" | "dim" | "yellow" | "red" | "cyan"]>> = {
  made: ["+", "green"],
  kept: ["=", "dim"],
  changed: ["~", "yellow"],
  refused: ["!", "red"],
  removed: ["-", "red"],
  unknown: ["*", "cyan"],
};

/** In the order in which they are counted. */
const WORDS: readonly [Standing, string][] = [
  ["made", "made"],
  ["changed", "changed"],
  ["removed", "removed"],
  ["kept", "kept"],
  ["refused", "refused"],
];

/** One plugin's plan: its name, and a line for each step. */
export function planLines(plan: PluginPlan, color: boolean): string {
  const { type, steps } = plan;
  const colors = createColors(color);
  const lines = steps?.filter(isTold).map((step) => stepLine(step, type, color)) ?? [
    colors.dim(`  ${printable(untold(plan))}`),
  ];
  const none = [colors.dim("  nothing to do")];
  return [colors.bold(type), ...(lines.length === 0 ? none : lines)].join("\n");
}

/** Why there are no steps, and what would tell them. */
function untold({ type, path, versions }: PluginPlan): string {
  if (versions === undefined) return "what it would remove is for root to see";
  const instead = PLUGINS.has(type)
    ? `Hawser's own ${type}, put there by hawser install --replace --bin-dir ${shellWord(dirname(path))}`
    : "a plugin made with Hawser's kit";
  return `${path} (${versionsText(versions)}) is another project's program, which tells no plan: that takes ${instead}`;
}

function versionsText(versions: readonly string[]): string {
  const [first, last] = [versions[0], versions.at(-1)];
  if (first === undefined) return "which does not say its versions";
  return first === last ? `version ${first}` : `versions ${first} to ${last}`;
}

/** The plugin's own note of something that is printed anyway is for programs alone. */
function isTold(step: PlannedStep, _at: number, all: readonly PlannedStep[]): boolean {
  const isNote = ({ text, standing }: PlannedStep): boolean =>
    standing === "removed" && text.startsWith("note ");
  const isOfSame = ({ plugin, step: name }: PlannedStep): boolean =>
    plugin === step.plugin && name === step.step;
  return !isNote(step) || !all.some((other) => isOfSame(other) && !isNote(other));
}

function stepLine(
  { plugin, step, text, standing, now }: PlannedStep,
  of: string,
  color: boolean,
): string {
  const colors = createColors(color);
  const [sign, paint] = MARKS[standing];
  const names = [...(plugin === of ? [] : [plugin]), ...(step === "" ? [] : [step])];
  const what = printable([...names, text].join(": "));
  const line = `  ${colors[paint](sign)} ${what}`;
  if (now === undefined) return line;
  const why = printable(now);
  // A reason may be long; another word on what is there stays on its line.
  return standing === "refused" ? `${line}\n      ${why}` : `${line} ${colors.dim(`(${why})`)}`;
}

/** `4 made, 1 kept`; nothing where nothing is compared. */
export function countsOf(plans: readonly PluginPlan[]): string {
  const all = plans.flatMap(({ steps = [] }) => steps.filter(isTold));
  return WORDS.flatMap(([standing, word]) => {
    const count = all.filter((step) => step.standing === standing).length;
    return count === 0 ? [] : [`${count} ${word}`];
  }).join(", ");
}

/** Whether an ADD would be refused for one of its steps. */
export function isRefused(plans: readonly PluginPlan[]): boolean {
  return plans.some(({ steps = [] }) => steps.some(({ standing }) => standing === "refused"));
}

/** One plugin's plan for programs. */
export function planJson({ type, path, steps, versions }: PluginPlan): JsonObject {
  return {
    ...{ type, path },
    ...(steps && { steps: steps.map((step) => ({ ...step })) }),
    ...(versions && { supportedVersions: [...versions] }),
  };
}
