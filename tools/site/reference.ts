import type { ClassElement } from "oxc-parser";
import {
  type Declaration,
  type DeclarationKind,
  type Door,
  declaredBy,
  docBefore,
  docOf,
  type Exported,
} from "../api/declarations.ts";
import { docOfDoor, exportsOf, readDoors } from "../api/doors.ts";
import { isPublic, memberSignature, reportPath, signature } from "../api/report.ts";
import type { PageSource } from "./source.ts";

/** The reference of the npm package: a page for each door, from the declarations and their comments. */

const KINDS: readonly (readonly [DeclarationKind, string])[] = [
  ["function", "Functions"],
  ["class", "Classes"],
  ["const", "Constants"],
  ["interface", "Interfaces"],
  ["type", "Types"],
];

export function referencePages(): PageSource[] {
  const doors = readDoors();
  return doors.map((door) => ({
    path: reportPath(door),
    address: addressOf(door.name),
    label: door.name,
    markdown: doorPage(door, exportsOf(door, doors)),
  }));
}

function addressOf(door: string): string {
  return `reference/${door.replaceAll("/", ".")}.html`;
}

function doorPage(door: Door, exported: readonly Exported[]): string {
  const own = flat(exported).flatMap(({ name, door: other, declaration }) =>
    declaration === undefined || other !== undefined ? [] : [{ name, declaration }],
  );
  const parts = KINDS.flatMap(([kind, title]) => {
    const entries = own.filter(({ declaration }) => declaration.kind === kind);
    const texts = entries.map(({ name, declaration }) => entry(name, declaration));
    return entries.length === 0 ? [] : [`## ${title}`, ...texts];
  });
  const head = [`# ${door.name}`, prose(docOfDoor(door))];
  return [...head, ...parts, ...passedOn(flat(exported))].join("\n\n");
}

/** What a file exports that is exported as a whole has its name in front: `link.add`. */
function flat(exported: readonly Exported[], within = ""): Exported[] {
  return exported.flatMap((each) => {
    const name = `${within}${each.name}`;
    return each.members === undefined ? [{ ...each, name }] : flat(each.members, `${name}.`);
  });
}

/** Names that belong to another door or another package. */
function passedOn(exported: readonly Exported[]): string[] {
  const lines = exported.flatMap(({ name, door, from, declaration }) => {
    if (door !== undefined) return [`- \`${name}\` of ${doorLink(door)}`];
    if (declaration !== undefined) return [];
    return [`- \`${name}\`, ${from?.startsWith("hawser/") ? doorLink(from) : `of \`${from}\``}`];
  });
  return lines.length === 0 ? [] : ["## Passed on", lines.join("\n")];
}

function doorLink(name: string): string {
  return `[${name}](../${reportPath({ name, path: "" })})`;
}

function entry(name: string, declaration: Declaration): string {
  const { file, statements } = declaration;
  const [first] = statements;
  const node = first === undefined ? undefined : declaredBy(first);
  // Of an interface the comments are shown where they stand: each is of one property.
  const isWhole = declaration.kind === "interface" || declaration.kind === "type";
  const code = statements.map((statement) =>
    isWhole ? file.text.slice(statement.start, statement.end) : signature(declaration, statement),
  );
  const members = node?.type === "ClassDeclaration" ? node.body.body : [];
  const methods = members.flatMap((member) => method(name, declaration, member));
  return [`### ${name}`, fenced(code.join("\n")), prose(docOf(declaration) ?? ""), ...methods].join(
    "\n\n",
  );
}

function method(name: string, { file }: Declaration, member: ClassElement): string[] {
  if (member.type !== "MethodDefinition" || !isPublic(member)) return [];
  const doc = docBefore(file, member.start);
  if (doc === undefined || member.key.type !== "Identifier") return [];
  const title = member.kind === "constructor" ? `new ${name}` : `${name}.${member.key.name}`;
  return [`#### ${title}`, fenced(memberSignature(file, member)), prose(doc)];
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

/** A comment as Markdown: its errors are a list, its examples have a line before them. */
function prose(doc: string): string {
  return doc
    .replaceAll(/^@throws +/gm, "\n- **throws** ")
    .replaceAll(/^@example\n/gm, "\n**Example**\n\n")
    .replaceAll(/^@param (\w+) +/gm, "\n- `$1`: ")
    .replaceAll(/^@(\w+) +/gm, "\n- **$1** ");
}
