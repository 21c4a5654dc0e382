import type { JsonValue } from "./value.ts";

/** Whether the indentation of a value takes no more than `room` characters, with `step` spaces a level. */
export function isIndentedWithin(value: JsonValue, step: number, room: number): boolean {
  return step <= 0 || roomLeft(value, step, 0, room) >= 0;
}

/** Below 0 when it is not enough, as soon as that is known. */
function roomLeft(value: JsonValue, step: number, depth: number, room: number): number {
  let left = room - depth;
  if (typeof value !== "object" || value === null) return left;
  const parts: Iterable<JsonValue> = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) {
    if (left < 0) return left;
    left = roomLeft(part, step, depth + step, left);
  }
  return left;
}
