import {
  ENV,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  printJson,
  setField,
} from "../../spec/index.ts";
import type { RecordedCall } from "../form/index.ts";

/** A request that is made again. */
export interface Request {
  readonly env: Record<string, string>;
  readonly stdin: string;
  /** What is not as it was, in words. */
  readonly notes: readonly string[];
}

/** How a call is made again. */
export interface RequestChanges {
  /** In the place of the recorded namespace; "" where the call had none. */
  readonly netns: string;
  /** In the place of the recorded CNI_PATH, where there is one. */
  readonly path?: string;
  /** Variables of this host, such as its search path for programs. */
  readonly host: Readonly<Record<string, string>>;
  /** Gives the result that the replay has in the place of a recorded one. */
  readonly resultFor: (recorded: JsonObject) => JsonObject | undefined;
}

/** Variables that would lead to what is outside of the throwaway host, or to the call's old trace. */
const DROPPED =
  /^(?:HAWSER_(?:SOCKET|STATE_DIR|EXECUTABLE|STARTS|NESTED|RECOVER|ANSWER_TIMEOUT)|TRACE.*)$/u;
const KEPT = /^(?:CNI_|HAWSER_)/u;
const MASKED_PART = /^(?:stdin|env: CNI_)/u;

/**
 * The request of a recorded call as it is made again.
 * @throws RangeError when its input was not recorded whole
 */
export function requestOf(call: RecordedCall, changes: RequestChanges): Request {
  const { stdin } = call;
  if (stdin === undefined) {
    throw new RangeError(`its input was not recorded: ${call.cut.join(", ") || "it was not read"}`);
  }
  const env: Record<string, string> = { ...changes.host };
  for (const [name, value] of Object.entries(call.env)) {
    if (KEPT.test(name) && !DROPPED.test(name)) env[name] = value;
  }
  env[ENV.NETNS] = changes.netns;
  if (changes.path !== undefined) env[ENV.PATH] = changes.path;
  const masked = call.masked.filter((place) => MASKED_PART.test(place));
  const notes = masked.map((place) => `the plugin is sent "(masked)" for ${place}`);
  const { text, note } = withResult(stdin, changes.resultFor);
  return { env, stdin: text, notes: note === undefined ? notes : [...notes, note] };
}

/** The input with the replay's own previous result, so that it speaks of what is there. */
function withResult(
  stdin: string,
  resultFor: RequestChanges["resultFor"],
): { readonly text: string; readonly note?: string } {
  const config = objectIn(stdin);
  const previous = config === undefined ? undefined : field(config, "prevResult");
  if (config === undefined || !isObject(previous)) return { text: stdin };
  const present = resultFor(previous);
  if (present === undefined) {
    return {
      text: stdin,
      note: "its previous result is the recorded one: the call before is not replayed",
    };
  }
  const changed = { ...config };
  setField(changed, "prevResult", present);
  return { text: printJson(changed) };
}

/** The object in a JSON text; undefined for everything else. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keys by which plugins name links of the host. */
const LINK_KEYS = ["master", "device"] as const;

/** The links of the host that a call's configuration names. */
export function hostLinksOf(call: RecordedCall): string[] {
  const config = call.stdin === undefined ? undefined : objectIn(call.stdin);
  if (config === undefined) return [];
  return LINK_KEYS.flatMap((key) => {
    const name = field(config, key);
    return typeof name === "string" && name !== "" ? [name] : [];
  });
}
