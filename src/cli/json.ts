import type { JsonObject } from "../spec/index.ts";

/** A form as an object of an answer for programs: forms are JSON, which their types do not say. */
export function json(form: object): JsonObject {
  return form as JsonObject;
}
