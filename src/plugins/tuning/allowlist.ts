import { errnoName, errorText } from "../../base/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import { readNamed } from "../../state/files/index.ts";

/** Where the list is unless the environment says otherwise; the place of the reference plugin. */
export const DEFAULT_ALLOWLIST = "/etc/cni/tuning/allowlist.conf";

/** The environment variable that names another file. */
export const ALLOWLIST_VARIABLE = "HAWSER_TUNING_ALLOWLIST";

/**
 * Refuses a sysctl that the host's administrator does not allow. The file has a regular expression
 * a line, which may match anywhere in the key as the configuration has it. Without the file
 * everything is allowed; an empty one allows nothing.
 * @throws CniError of code 7 for a key, 5 for a file that cannot be used.
 */
export function checkAllowed(
  keys: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  const named = env[ALLOWLIST_VARIABLE];
  const path = named === undefined || named === "" ? DEFAULT_ALLOWLIST : named;
  const lines = readLines(path);
  if (lines === undefined) return;
  const patterns = lines.map((line) => compile(line, path));
  const refused = keys.find((key) => !patterns.some((pattern) => pattern.test(key)));
  if (refused === undefined) return;
  throw invalidConfig(
    `Sysctl ${refused} is not allowed. Only the following sysctls are allowed: [${lines.join(" ")}]`,
    `the list is ${path}`,
  );
}

function readLines(path: string): string[] | undefined {
  let text: string;
  try {
    text = readNamed(path);
  } catch (cause) {
    if (errnoName(cause) === "ENOENT") return undefined;
    throw unusable(`cannot read ${path}`, cause);
  }
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** Bracket classes that Go knows and JavaScript does not, as far as they make sense in a key. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  punct: "!-/:-@[-`{-~",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** Go's spelling of a regular expression in JavaScript's. */
function compile(line: string, path: string): RegExp {
  const leading = /^\(\?([ims]+)\)/u.exec(line);
  const source = line
    .slice(leading?.[0].length ?? 0)
    .replaceAll(/\[:(\w+):\]/gu, (whole, name: string) => CLASSES[name] ?? whole)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\\([Az])/gu, (_whole, end: string) => (end === "A" ? "^" : "$"));
  try {
    return new RegExp(source, leading?.[1] ?? "");
  } catch (cause) {
    throw unusable(`no regular expression in ${path}: ${line}`, cause);
  }
}

function unusable(what: string, cause: unknown): CniError {
  return new CniError(ErrorCode.IO_FAILURE, `${what}: ${errorText(cause)}`, { cause });
}
