import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Class } from "oxc-parser";
import { ROOT } from "../test/files.ts";
import { type Declaration, declaredBy, docBefore, docOf, type Exported } from "./declarations.ts";

/** What the documentation comments of the public API have to have, and their examples. */

/** A piece of code in a documentation comment. */
export interface Example {
  /** Whose it is: `hawser/spec parseArgs`. */
  readonly name: string;
  readonly code: string;
}

interface Documented {
  readonly name: string;
  readonly doc: string | undefined;
}

/** Comment of a declaration and, of a class, those of its public methods. */
function commentsOf(name: string, declaration: Declaration): Documented[] {
  const own = { name, doc: docOf(declaration) };
  const [statement] = declaration.statements;
  const node = statement && declaredBy(statement);
  return node?.type === "ClassDeclaration"
    ? [own, ...methodComments(name, declaration, node)]
    : [own];
}

function methodComments(name: string, { file }: Declaration, { body }: Class): Documented[] {
  return body.body.flatMap((member): Documented[] => {
    if (member.type !== "MethodDefinition" || member.kind === "constructor") return [];
    if (member.key.type !== "Identifier" || member.accessibility === "private") return [];
    return [{ name: `${name}.${member.key.name}`, doc: docBefore(file, member.start) }];
  });
}

type Own = Required<Pick<Exported, "name" | "declaration" | "isType">>;

/** Only of the door that declares it: another one that passes it on has the same comment. */
function own(exported: readonly Exported[]): Own[] {
  return exported.flatMap(({ name, door, declaration, members = [], isType = false }): Own[] => {
    if (door !== undefined) return [];
    const inside = own(members).map((each): Own => ({ ...each, name: `${name}.${each.name}` }));
    return declaration === undefined ? inside : [{ name, declaration, isType }];
  });
}

/** The examples of a door, in the order of its exports. */
export function examplesOf(door: string, exported: readonly Exported[]): Example[] {
  return own(exported).flatMap(({ name, declaration }) =>
    commentsOf(name, declaration).flatMap((comment) =>
      fencedCode(comment.doc ?? "").map((code) => ({ name: `${door} ${comment.name}`, code })),
    ),
  );
}

/** The examples of docs/package.md that say what they give. */
export function pageExamples(root: string = ROOT): Example[] {
  const page = readFileSync(join(root, "docs/package.md"), "utf8");
  return [...page.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code = ""], at): Example => ({ name: `docs/package.md, example ${at + 1}`, code }))
    .filter(({ code }) => code.includes("// →"));
}

/**
 * What the comments of a door lack: a text each, and an example for what can be called. Functions in an
 * object, as `link.add`, have examples in common: one of them calls it. A constant with a name of the
 * kernel's stands in a group that names the header file where it is explained.
 */
export function docProblems(door: string, exported: readonly Exported[]): string[] {
  const all = own(exported);
  const shared = all
    .filter(({ name }) => name.includes("."))
    .flatMap((each) => codesOf(each.declaration));
  return all.flatMap(({ name, declaration, isType }) => {
    const comments = commentsOf(name, declaration);
    const bare = comments
      .filter(({ doc }) => proseOf(doc ?? "") === "" && !isKernelConstant(name, declaration))
      .map((comment) => `${door}: ${comment.name} has no documentation`);
    const isCallable = ["function", "class"].includes(declaration.kind) && !isType;
    const hasExample =
      comments.some(({ doc }) => fencedCode(doc ?? "").length > 0) ||
      (name.includes(".") && shared.some((code) => code.includes(`${name}(`)));
    return isCallable && !hasExample ? [...bare, `${door}: ${name} has no example`] : bare;
  });
}

function codesOf(declaration: Declaration): string[] {
  return fencedCode(docOf(declaration) ?? "");
}

function isKernelConstant(name: string, declaration: Declaration): boolean {
  const isOne = declaration.kind === "const" && /(?:^|\.)[A-Z0-9_]+$/u.test(name);
  return isOne && /\w\.h\b/u.test(groupHead(declaration) ?? "");
}

/** The comment of one line that stands at the head of the constants around a declaration. */
function groupHead({ file, statements: [first] }: Declaration): string | undefined {
  const before = file.comments.filter(
    ({ type, end }) => type === "Line" && end <= (first?.start ?? 0),
  );
  return before.findLast(({ value }) => value.includes(".h"))?.value;
}

function proseOf(doc: string): string {
  return doc.split("@example")[0]?.trim() ?? "";
}

function fencedCode(doc: string): string[] {
  return [...doc.matchAll(/^@example\s+```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
}
