import { readFileSync } from "node:fs";
import { type LoadedNetwork, locate, stepsOf } from "../runtime/index.ts";

/**
 * Where a key that a plugin's message names stands in the network's file, as `FILE:LINE: text`.
 * Undefined when the message names none, or the file has changed.
 */
export function placeOfKey(
  { file, origins }: LoadedNetwork,
  position: number,
  message: string,
): string | undefined {
  const [, key] = /"([A-Za-z][\w.[\]-]*)"/u.exec(message) ?? [];
  const origin = origins[position];
  if (key === undefined || origin === undefined) return undefined;
  const text = readText(origin);
  const before = origins.slice(0, position).filter((each) => each === origin).length;
  const plugin = origin === file ? ["plugins", before] : [];
  const place = locate(text, [...plugin, ...stepsOf(key)]) ?? locate(text, stepsOf(key));
  if (place === undefined) return undefined;
  return `${origin}:${place.line}: ${place.text.replaceAll(/\p{Cc}/gu, " ").trim()}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
