import type { Class } from "oxc-parser";
import { type Declaration, docBefore, docOf, type Exported } from "./doors.ts";

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
  if (statement?.type !== "ExportNamedDeclaration") return [own];
  const { declaration: node } = statement;
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

/** Only of the door that declares it: another one that passes it on has the same comment. */
function own(exported: readonly Exported[]): [string, Declaration][] {
  return exported.flatMap(({ name, door, declaration }): [string, Declaration][] =>
    declaration === undefined || door !== undefined ? [] : [[name, declaration]],
  );
}

/** The examples of a door, in the order of its exports. */
export function examplesOf(door: string, exported: readonly Exported[]): Example[] {
  return own(exported).flatMap(([name, declaration]) =>
    commentsOf(name, declaration).flatMap((comment) =>
      fencedCode(comment.doc ?? "").map((code) => ({ name: `${door} ${comment.name}`, code })),
    ),
  );
}

/** What the comments of a door lack: a text each, and an example for what can be called. */
export function docProblems(door: string, exported: readonly Exported[]): string[] {
  return own(exported).flatMap(([name, declaration]) => {
    const comments = commentsOf(name, declaration);
    const bare = comments
      .filter(({ doc }) => proseOf(doc ?? "") === "")
      .map((comment) => `${door}: ${comment.name} has no documentation`);
    const isCallable = declaration.kind === "function" || declaration.kind === "class";
    const hasExample = comments.some(({ doc }) => fencedCode(doc ?? "").length > 0);
    return isCallable && !hasExample ? [...bare, `${door}: ${name} has no example`] : bare;
  });
}

function proseOf(doc: string): string {
  return doc.split("@example")[0]?.trim() ?? "";
}

function fencedCode(doc: string): string[] {
  return [...doc.matchAll(/^@example\s+```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
}
