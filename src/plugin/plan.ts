/** What an operation would do: the steps of a plan, and their form in JSON. */
import {
  convertResult,
  emptyResult,
  isObject,
  type JsonObject,
  type JsonValue,
  LATEST,
  parseResult,
  type Result,
} from "../spec/index.ts";

/**
 * The environment variable by which another program is asked for its plan, in two calls of VERSION, so
 * that nothing changes whatever plugin it is. With `ask`, and parameters that mean nothing, a plugin adds
 * `plans` to its answer: the operations of which it can tell. One that does not is asked no more, and never
 * has the parameters of an attachment. With `1`, and the operation's parameters and request, it adds
 * `comparison`, which says what the operation would do to what stands now, or `refusal`, the error of
 * the call.
 */
export const PLAN_VARIABLE: string = "HAWSER_PLAN";

/** Names the operation beside a `1`: ADD, DEL or GC. */
export const PLAN_OPERATION_VARIABLE: string = "HAWSER_PLAN_OPERATION";

/**
 * What becomes of a thing: an ADD would make it, keep it as it is, change it, or be refused for it; a
 * DEL or a GC would remove it. `unknown` where it was not compared with what stands now.
 */
export type Standing = "made" | "kept" | "changed" | "refused" | "removed" | "unknown";

/** One step of a plan. */
export interface PlanStep {
  /** The plugin whose step it is, where that is a delegate of the plugin that was asked. */
  readonly plugin?: string;
  /** The kind of step, such as `veth pair`; empty where there is none. */
  readonly step: string;
  /** What would be done, in one line for people. */
  readonly text: string;
  readonly standing: Standing;
  /** What there is now, or why it is refused: one line for people. */
  readonly now?: string;
}

/** What a plugin would do in one operation. */
export interface Plan {
  /** In the order in which they would be done. */
  readonly steps: readonly PlanStep[];
  /** Of ADD: the result, as far as it is known before. Absent where it is not. */
  readonly result?: Partial<Result>;
}

const STANDINGS: readonly string[] = ["made", "kept", "changed", "refused", "removed", "unknown"];

/** A step without its plugin, as `KIND: TEXT`; the kind is left out where there is none. */
export function lineOfStep({ step, text }: Pick<PlanStep, "step" | "text">): string {
  return step === "" ? text : `${step}: ${text}`;
}

/** The step of a line that was not compared with anything. */
export function stepOfLine(line: string): PlanStep {
  const at = line.indexOf(": ");
  const [step, text] = at === -1 ? ["", line] : [line.slice(0, at), line.slice(at + 2)];
  return { step, text, standing: "unknown" };
}

/** A plan as JSON; its result is in the latest version, which has a place for everything. */
export function planToJson({ steps, result }: Plan): JsonObject {
  return {
    steps: steps.map((step) => ({ ...step })),
    ...(result && {
      result: convertResult({ ...emptyResult(LATEST), ...result, cniVersion: LATEST }, LATEST),
    }),
  };
}

/** Reads what `planToJson` wrote; what is no step is left out. Undefined for what is no plan. */
export function planFromJson(json: JsonValue | undefined): Plan | undefined {
  if (!isObject(json) || !Array.isArray(json["steps"])) return undefined;
  const steps = json["steps"].flatMap((each) => stepFromJson(each) ?? []);
  const result = json["result"];
  if (!isObject(result)) return { steps };
  return { steps, result: parseResult(result, "") };
}

function stepFromJson(json: JsonValue): PlanStep | undefined {
  if (!isObject(json)) return undefined;
  const { plugin, step, text, standing, now } = json;
  if (typeof step !== "string" || typeof text !== "string" || !isStanding(standing)) {
    return undefined;
  }
  return {
    ...(typeof plugin === "string" && { plugin }),
    ...{ step, text, standing },
    ...(typeof now === "string" && { now }),
  };
}

function isStanding(value: JsonValue | undefined): value is Standing {
  return typeof value === "string" && STANDINGS.includes(value);
}
