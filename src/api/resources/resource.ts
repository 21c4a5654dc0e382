import type { FormName } from "../../forms/index.ts";
import type { Look } from "../looks/index.ts";
import type { Parameter, Query } from "../question/index.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Remembered } from "./remembered.ts";

/** What one question is about. */
export interface Question {
  /** The parts of the path in braces, in their order. */
  readonly names: readonly string[];
  readonly query: Query;
  readonly signal: AbortSignal;
}

/** The node that is asked. */
export interface AskedNode extends Surroundings {
  readonly look: Look;
  readonly remembered: Remembered;
}

/** Something that can be asked for. */
export interface Resource {
  /** Below `/api/1/`, such as `ranges/{number}`. */
  readonly path: string;
  /** A sentence. */
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  /** Of the answer. */
  readonly form: FormName;
  readonly answer: (node: AskedNode, question: Question) => object | Promise<object>;
}

/** No list is longer: what follows is left out, and `more` says so. */
export const LIST_MAX = 5000;

export const LIMIT: Parameter = {
  name: "limit",
  description: `How many at most; ${LIST_MAX} without it.`,
  between: [1, LIST_MAX],
};

/** The beginning of a list, and whether that was not all. */
export function bounded<T>(
  all: readonly T[],
  limit: number = LIST_MAX,
): { readonly first: readonly T[]; readonly more: boolean } {
  return { first: all.slice(0, limit), more: all.length > limit };
}
