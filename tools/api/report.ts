import type { Class, ClassElement, Statement } from "oxc-parser";
import {
  type Declaration,
  type Door,
  declaredBy,
  type Exported,
  namesDeclared,
  type Parsed,
} from "./declarations.ts";

/** The public API as text: what a reviewer sees of a change to it. */

/** Where the report of a door stands, from the top of the repository. */
export function reportPath(door: Door): string {
  return `api/${door.name.replace("/", ".")}.txt`;
}

/** Every export of a door, as it is declared, without comments and bodies. */
export function report(door: Door, exported: readonly Exported[]): string {
  const head = `# What ${door.name} exports. Written by \`npm run api\`; a change here is a change of the API.`;
  return `${[head, ...exported.flatMap((each) => declare(each))].join("\n\n")}\n`;
}

/** @param within the names that lead to it, for what is not the door's own: `link.` */
function declare(exported: Exported, within = ""): string | string[] {
  const { name, members } = exported;
  if (members !== undefined) return members.flatMap((each) => declare(each, `${within}${name}.`));
  const text = declared(exported);
  return within === "" ? text : `// ${within}\n${text}`;
}

function declared({ name, door, from, declaration, inside = [] }: Exported): string {
  if (door !== undefined) return `export { ${name} } from "${door}"`;
  if (declaration === undefined) return `export { ${name} } from "${from}"`;
  const { statements } = declaration;
  const text = signatures(declaration);
  const own = isExportedAs(name, statements) ? [text] : [unexported(text), `export { ${name} }`];
  return [...own, ...inside.map((each) => unexported(signatures(each)))].join("\n");
}

function unexported(text: string): string {
  return text.replaceAll(/^export /gm, "");
}

function signatures(declaration: Declaration): string {
  return declaration.statements.map((statement) => signature(declaration, statement)).join("\n");
}

/** One statement of a declaration, without comments and bodies. */
export function signature({ file }: Declaration, statement: Statement): string {
  const declaration = declaredBy(statement);
  if (declaration?.type === "FunctionDeclaration" && declaration.body !== null) {
    return clean(file, statement.start, declaration.body.start);
  }
  if (declaration?.type === "ClassDeclaration") {
    return classSignature(file, statement.start, declaration);
  }
  const end = declaration && endOfType(declaration);
  return end === undefined
    ? clean(file, statement.start, statement.end)
    : `${clean(file, statement.start, end)};`;
}

/** Where the type of a constant ends, when its value is code, or an object of which the type says all. */
function endOfType(declaration: NonNullable<ReturnType<typeof declaredBy>>): number | undefined {
  if (declaration.type !== "VariableDeclaration") return undefined;
  const [{ id, init } = {}] = declaration.declarations;
  const annotation = id !== undefined && "typeAnnotation" in id ? id.typeAnnotation : undefined;
  const isText = /^(?:Literal|UnaryExpression|BinaryExpression)$/u.test(init?.type ?? "");
  return isText ? undefined : annotation?.end;
}

/** At its declaration; else it has another name outside, as `delete` has, which is a word of the language. */
function isExportedAs(name: string, [statement]: readonly Statement[]): boolean {
  return statement?.type === "ExportNamedDeclaration" && namesDeclared(statement).includes(name);
}

function classSignature(file: Parsed, start: number, { body }: Class): string {
  const head = clean(file, start, body.start);
  const members = body.body.filter(isPublic).map((member) => `  ${memberSignature(file, member)}`);
  return [`${head} {`, ...members, "}"].join("\n");
}

export function isPublic(member: ClassElement): boolean {
  if (member.type === "StaticBlock" || member.type === "TSIndexSignature") return false;
  const isHidden = member.accessibility === "private" || member.accessibility === "protected";
  return member.key.type !== "PrivateIdentifier" && !isHidden;
}

export function memberSignature(file: Parsed, member: ClassElement): string {
  if (member.type === "MethodDefinition" && member.value.body !== null) {
    return clean(file, member.start, member.value.body.start);
  }
  if (member.type === "PropertyDefinition" && member.typeAnnotation) {
    return `${clean(file, member.start, member.typeAnnotation.end)};`;
  }
  return clean(file, member.start, member.end);
}

/** A piece of source without comments, and without the lines that are empty then. */
function clean(file: Parsed, start: number, end: number): string {
  let text = "";
  let at = start;
  for (const comment of file.comments) {
    if (comment.start >= start && comment.end <= end) {
      text += file.text.slice(at, comment.start);
      at = comment.end;
    }
  }
  text += file.text.slice(at, end);
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n")
    .trim();
}
