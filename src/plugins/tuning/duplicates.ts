import { foldKey, type JsonValue, printJson } from "../../spec/index.ts";

/** Objects whose keys must be unique, by their place in the configuration. */
const WATCHED: ReadonlySet<string> = new Set(["sysctl", "args\0cni\0sysctl"]);

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gu;

/**
 * The first key that stands twice among the sysctls of a configuration; undefined when none does.
 * A JSON decoder keeps one of them in silence, so the text itself is looked at.
 * @param text JSON that is known to be well-formed.
 * @param json What a decoder made of it.
 */
export function duplicateSysctl(text: string, json: JsonValue): string | undefined {
  // What is printed as it was written has lost nothing; runtimes write as we print.
  if (printJson(json) === text.trimEnd()) return undefined;
  const path: (string | undefined)[] = [];
  const keys: Set<string>[] = [];
  let key: string | undefined;
  let previous = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      path.push(key);
      keys.push(new Set());
      key = undefined;
    } else if (token === "}" || token === "]") {
      path.pop();
      keys.pop();
      key = undefined;
    } else if (token === ":") {
      key = JSON.parse(previous) as string;
      const seen = keys.at(-1);
      if (seen?.has(key) === true && isWatched(path)) return key;
      seen?.add(key);
    } else if (token === ",") key = undefined;
    previous = token;
  }
  return undefined;
}

/** The first element is the configuration itself, which has no key. */
function isWatched(path: readonly (string | undefined)[]): boolean {
  const names = path.slice(1).map((name) => (name === undefined ? "" : foldKey(name)));
  return WATCHED.has(names.join("\0"));
}
