import { dirname, join, normalize } from "node:path";
import type { Function as AnyFunction, ClassElement, Statement } from "oxc-parser";
import {
  type Declaration,
  type Door,
  declarationIn,
  declaredBy,
  parsed,
  trace,
} from "./declarations.ts";
import { isPublic } from "./report.ts";

/**
 * What a program sees through an export although no door has its name: the base of an interface, the type
 * of a key, the object whose keys are a type. A change there is a change of the API like any other.
 */

/** Tells whether some door exports a declaration: then the report shows it there. */
export type IsExported = (declaration: Declaration) => boolean;

/** Where names are looked up. */
interface Sources {
  readonly root: string;
  readonly doors: readonly Door[];
}

/** The declarations that one leads to, in the order in which they are named; those of doors end the way. */
export function insideOf(
  start: Declaration,
  isExported: IsExported,
  sources: Sources,
): Declaration[] {
  const found: Declaration[] = [];
  const seen = new Set([keyOf(start)]);
  const open = [start];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    for (const name of at.statements.flatMap(namesIn)) {
      const named = lookUp(at.file.path, name.split("."), sources);
      if (named === undefined || seen.has(keyOf(named)) || isExported(named)) continue;
      seen.add(keyOf(named));
      found.push(named);
      open.push(named);
    }
  }
  return found;
}

/** The same for the same declaration, from wherever it was found. */
export function keyOf({ file, statements: [first] }: Declaration): string {
  return `${file.path} ${first?.start}`;
}

/** A name as it is used in a file: of the file itself, or imported from the project; else undefined. */
function lookUp(
  path: string,
  [name = "", member]: readonly string[],
  { root, doors }: Sources,
): Declaration | undefined {
  const file = parsed(root, path);
  const own = member === undefined ? declarationIn(file, name) : undefined;
  if (own !== undefined) return own;
  for (const { moduleRequest, entries } of file.imports) {
    const entry = entries.find(({ localName }) => localName.value === name);
    if (entry === undefined || !moduleRequest.value.startsWith(".")) continue;
    const target = normalize(join(dirname(path), moduleRequest.value));
    if (member === undefined) {
      return trace(root, { path: target, name: entry.importName.name ?? name }, doors).declaration;
    }
    const isWhole = entry.importName.kind === "NamespaceObject";
    const within = isWhole ? target : wholeBehind(target, entry.importName.name ?? name, root);
    return within === undefined
      ? undefined
      : trace(root, { path: within, name: member }, doors).declaration;
  }
  return undefined;
}

/** The file that a file exports as a whole under a name: `link` of kernel/route. */
function wholeBehind(path: string, name: string, root: string): string | undefined {
  const entry = parsed(root, path).entries.find(({ exportName }) => exportName.name === name);
  if (entry === undefined || entry.moduleRequest === null) return undefined;
  const target = normalize(join(dirname(path), entry.moduleRequest.value));
  return entry.importName.kind === "All"
    ? target
    : wholeBehind(target, entry.importName.name ?? name, root);
}

/** The names of types that a declaration shows, bodies and private members left out: `Ip`, `link.Link`. */
function namesIn(statement: Statement): string[] {
  const declaration = declaredBy(statement);
  if (declaration?.type === "ClassDeclaration") {
    const { superClass, superTypeArguments, body } = declaration;
    const shown = body.body.filter(isPublic).map(ofMember);
    return [...typeNames(declaration.implements), ...typeNames(superTypeArguments)].concat(
      superClass?.type === "Identifier" ? [superClass.name] : [],
      shown.flat(),
    );
  }
  if (declaration?.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id, init }) => {
      const annotation = "typeAnnotation" in id ? id.typeAnnotation : null;
      return annotation ? typeNames(annotation) : typeNames(init);
    });
  }
  const isFunction =
    declaration?.type === "FunctionDeclaration" || declaration?.type === "TSDeclareFunction";
  return isFunction ? ofFunction(declaration) : typeNames(declaration);
}

function ofMember(member: ClassElement): string[] {
  if (member.type === "MethodDefinition" || member.type === "TSAbstractMethodDefinition") {
    return ofFunction(member.value);
  }
  return "typeAnnotation" in member ? typeNames(member.typeAnnotation) : [];
}

function ofFunction({ typeParameters, params, returnType }: AnyFunction): string[] {
  return [typeParameters, params, returnType].flatMap((part) => typeNames(part));
}

/** A node of any type; its parts are its own properties. */
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

function typeNames(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(typeNames);
  if (!isNode(part)) return [];
  switch (part.type) {
    case "TSTypeReference":
      return [...nameOf(part["typeName"]), ...typeNames(part["typeArguments"])];
    case "TSTypeQuery":
      return nameOf(part["exprName"]);
    case "TSInterfaceHeritage":
    case "TSClassImplements":
      return [...nameOf(part["expression"]), ...typeNames(part["typeArguments"])];
    case "AssignmentPattern":
      return typeNames(part["left"]); // a default value is no type
    default:
      return Object.values(part).flatMap(typeNames);
  }
}

/** `Ip`, or of a qualified name its first two parts. */
function nameOf(part: unknown): string[] {
  if (!isNode(part)) return [];
  if (part.type === "Identifier") return [String(part["name"])];
  if (part.type !== "TSQualifiedName") return [];
  const [left] = nameOf(part["left"]);
  const [right] = nameOf(part["right"]);
  return left === undefined || right === undefined ? [] : [`${left}.${right}`];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
