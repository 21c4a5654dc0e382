import type { PluginObject } from "../../support/chain.ts";
import type { Moment, Outcome, PluginAnswer, Step } from "../case.ts";
import { saidBy } from "../lines.ts";

/** A difference that has a number in docs/divergences.md, and what predicates of such are made of. */

export interface Known {
  readonly number: string;
  /** A line of the difference, which begins with `- ` (Go's alone) or `+ ` (ours alone). */
  readonly line: RegExp;
  readonly when?: (moment: Moment) => boolean;
  /**
   * `step`: it explains every line of its step. `rest`: of its step it explains its own lines. After both
   * the two hosts are not alike any more, and nothing beyond is compared.
   */
  readonly covers?: "step" | "rest";
}

export function isOp(...ops: Step["op"][]): (moment: Moment) => boolean {
  return ({ step }) => ops.includes(step.op);
}

/** Whether the last plugin that ran failed. */
export function failed({ answers }: Outcome): boolean {
  return answers.at(-1)?.exitCode !== 0;
}

export function bothFailedAdd({ step, theirs, ours }: Moment): boolean {
  return step.op === "ADD" && failed(theirs) && failed(ours);
}

/** The answers of a step that failed, in words. */
export function words(outcome: Outcome): string {
  return outcome.answers
    .filter(({ exitCode }) => exitCode !== 0)
    .map((answer: PluginAnswer) => `${answer.type} ${saidBy(answer)}`)
    .join("\n");
}

/** The plugin of the list that has a type. */
export function pluginOf({ played }: Moment, type: string): PluginObject | undefined {
  return played.list.plugins.find((plugin) => plugin["type"] === type);
}

export function hasPlugin(type: string): (moment: Moment) => boolean {
  return (moment) => pluginOf(moment, type) !== undefined;
}

/** Whether a plugin of the list has a key with a value that counts. */
export function hasKey(key: string): (moment: Moment) => boolean {
  return ({ played }) => played.list.plugins.some((plugin) => Boolean(plugin[key]));
}

/** Whether an IPAM plugin is named. */
export function hasIpam({ played }: Moment): boolean {
  return played.list.plugins.some(({ ipam }) =>
    Boolean((ipam as PluginObject | undefined)?.["type"]),
  );
}

export function all(
  ...conditions: readonly ((moment: Moment) => boolean)[]
): (moment: Moment) => boolean {
  return (moment) => conditions.every((condition) => condition(moment));
}

export function not(condition: (moment: Moment) => boolean): (moment: Moment) => boolean {
  return (moment) => !condition(moment);
}
