import { type Class, parseSync, type Statement, type TSInterfaceBody } from "oxc-parser";
import { declaredBy } from "./declarations.ts";

/** What of the public API has changed since the last release so that a program of others may fail. */

/** The reports of all doors at the time of a release, one after the other. */
export const RELEASED_PATH = "api/released.txt";

const HEAD = /^# The doors of hawser (\d+\.\d+\.\d+), as they were released\./;

/** The file that keeps what a release has promised. */
export function releasedText(version: string, reports: readonly string[]): string {
  const head = `# The doors of hawser ${version}, as they were released. Written by \`npm run api -- --release\`.`;
  return `${[head, ...reports].join("\n\n")}`;
}

/** The version that a file of `releasedText` is of. */
export function releasedVersion(text: string): string {
  const [, version] = HEAD.exec(text) ?? [];
  if (version === undefined) throw new Error(`${RELEASED_PATH} does not say its version`);
  return version;
}

/**
 * Each change by which a program that was written for the release may fail; additions are none. Whether
 * a changed type is still as wide as before is not judged: it counts as a break.
 */
export function breaks(released: string, reports: readonly string[]): string[] {
  const before = declarationsIn([released]);
  const now = declarationsIn(reports);
  return [...before].flatMap(([name, text]) => {
    const found = now.get(name);
    if (found === undefined) return [`${name} is gone`];
    return isCompatible(text, found, now)
      ? []
      : [`${name} is another: ${firstDifference(text, found)}`];
  });
}

/**
 * Whether a version may break what an older one has promised (semver.org): the next major one, and
 * before 1.0.0 the next minor one.
 */
export function mayBreak(version: string, released: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldMajor = 0, oldMinor = 0] = released.split(".").map(Number);
  return major > oldMajor || (oldMajor === 0 && major === 0 && minor > oldMinor);
}

/** `hawser/spec parseArgs` → its declaration. */
function declarationsIn(reports: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let door = "";
  for (const block of reports.join("\n").split(/\n\n+/)) {
    const [, named] = /^# What (\S+) exports\./m.exec(block) ?? [];
    door = named ?? door;
    const [, within = "", text = ""] = /^(?:\/\/ (\S+)\n)?([^#].*)$/s.exec(block.trim()) ?? [];
    if (text !== "") found.set(`${door} ${within}${nameOf(text)}`, text);
  }
  return found;
}

function nameOf(text: string): string {
  const declared =
    /^export (?:declare )?(?:async )?(?:function\*?|class|interface|type|const|abstract class) (\w+)/;
  const [, named] = /^export \{ (\w+) \}/m.exec(text) ?? declared.exec(text) ?? [];
  if (named === undefined) throw new Error(`a declaration without a name: ${text}`);
  return named;
}

function isCompatible(before: string, now: string, all: ReadonlyMap<string, string>): boolean {
  if (before === now) return true;
  const old = parsed(before);
  const fresh = parsed(now);
  // Overloads may be added, and what was seen through an export may have become one itself.
  return old.every(
    (one) =>
      fresh.some((other) => isAsBefore(one, other)) ||
      exportedSince(one, all).some((other) => isAsBefore(one, other)),
  );
}

/** The exports that bear the name of what stood behind another one. */
function exportedSince({ text }: Declared, all: ReadonlyMap<string, string>): Declared[] {
  if (text.startsWith("export ")) return [];
  const name = nameOf(`export ${text}`);
  return [...all.entries()]
    .filter(([key]) => /\w+$/u.exec(key)?.[0] === name)
    .flatMap(([, block]) => parsed(block.replace(/^export /, "")));
}

interface Declared {
  readonly text: string;
  readonly statement: Statement;
}

function parsed(block: string): Declared[] {
  // In a declaration file nothing has a body, as in a report.
  const text = block
    .replaceAll(/^(export )?((?:abstract )?class)/gm, "$1declare $2")
    // The name outside, which is compared already, may be a word of the language.
    .replace(/^export \{ \w+ \}$/m, "");
  const { program, errors } = parseSync("report.d.ts", text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${error.message} in the report of\n${block}`);
  return program.body.map((statement) => {
    return { statement, text: text.slice(statement.start, statement.end) };
  });
}

function isAsBefore(old: Declared, fresh: Declared): boolean {
  if (old.text === fresh.text) return true;
  const before = declaredBy(old.statement);
  const now = declaredBy(fresh.statement);
  if (before?.type === "ClassDeclaration" && now?.type === "ClassDeclaration") {
    return hasMembers(old, fresh, before.body, now.body, () => true);
  }
  if (before?.type === "TSInterfaceDeclaration" && now?.type === "TSInterfaceDeclaration") {
    return hasMembers(old, fresh, before.body, now.body, (member) => /^[^:(]*\?[:(]/.test(member));
  }
  return takesMore(old.text, fresh.text);
}

/** All members are there, the heads are the same, and what was added is allowed. */
function hasMembers(
  old: Declared,
  fresh: Declared,
  before: Class["body"] | TSInterfaceBody,
  now: Class["body"] | TSInterfaceBody,
  mayAdd: (member: string) => boolean,
): boolean {
  const head = ({ text, statement }: Declared, body: { start: number }): string =>
    text.slice(0, body.start - statement.start);
  const membersOf = ({ text, statement }: Declared, { body }: typeof before): string[] =>
    body.map(({ start, end }) =>
      text.slice(start - statement.start, end - statement.start).replace(/;$/, ""),
    );
  const olds = membersOf(old, before);
  const news = membersOf(fresh, now);
  const isWhole = olds.every((member) => news.includes(member));
  const added = news.filter((member) => !olds.includes(member));
  return head(old, before) === head(fresh, now) && isWhole && added.every(mayAdd);
}

/** A function with further parameters behind the others, each of which may be left out. */
function takesMore(before: string, now: string): boolean {
  const split = /^((?:export )?(?:async )?function\*? \w+(?:<[^(]*>)?\()(.*?)(,?\n?\)(?:: .*)?)$/s;
  const [, head, parameters = "", tail] = split.exec(before) ?? [];
  const [, newHead, newParameters = "", newTail] = split.exec(now) ?? [];
  if (head === undefined || head !== newHead) return false;
  const flat = (text: string): string => text.replaceAll(/\s+/g, " ").replace(/^,/, "").trim();
  const more = flat(newParameters).slice(flat(parameters).length);
  const isLonger = flat(newParameters).startsWith(flat(parameters));
  return isLonger && flat(tail ?? "") === flat(newTail ?? "") && isOptional(more);
}

/** `, name?: type` or `, name: type = value`, once or again. */
function isOptional(parameters: string): boolean {
  return parameters
    .split(/, (?=\w+\??: )/)
    .every((each) => each === "" || /^,? ?\w+\?: /.test(each) || / = /.test(each));
}

/** What a reader looks at first. */
function firstDifference(before: string, now: string): string {
  const news = now.split("\n");
  const line = before.split("\n").find((each) => !news.includes(each)) ?? before;
  return `it had \`${line.trim()}\``;
}
