import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { type Comment, type Declaration as Declared, parseSync, type Statement } from "oxc-parser";

/** Names that files export, traced to the places that declare them. */

/** A door of the package, as package.json names it. */
export interface Door {
  /** As it is imported: `hawser/spec`. */
  readonly name: string;
  /** The source behind it, from the top of the repository. */
  readonly path: string;
}

/** One file, parsed. */
export interface Parsed {
  readonly path: string;
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly body: readonly Statement[];
  readonly entries: Module["staticExports"][number]["entries"];
  readonly imports: Module["staticImports"];
}

type Module = ReturnType<typeof parseSync>["module"];

export type DeclarationKind = "function" | "class" | "interface" | "type" | "const";

/** A declaration in the project's own source. */
export interface Declaration {
  readonly kind: DeclarationKind;
  readonly file: Parsed;
  /** The whole export statements: one, or one for each overload. */
  readonly statements: readonly Statement[];
}

/** One exported name; without a declaration it is another package's, or a whole door. */
export interface Exported {
  readonly name: string;
  /** The door that it belongs to, when that is another one. */
  readonly door?: string;
  /** The package, or the door exported as a whole. */
  readonly from?: string;
  readonly declaration?: Declaration;
  /** Of a file that is exported as a whole and is no door: what it exports. */
  readonly members?: readonly Exported[];
  /** Its type alone is exported: a class cannot be made. */
  readonly isType?: boolean;
  /** What no door exports and is seen through it. */
  readonly inside?: readonly Declaration[];
}

/** Where a name is declared, or handed on from. */
export interface NamedExport {
  readonly path: string;
  readonly name: string;
}

/** Every name that a file exports, in alphabetical order. */
export function exportsIn(path: string, doors: readonly Door[], root: string): Exported[] {
  const found = namesOf(root, path).map((name): Exported => {
    const isType = parsed(root, path).entries.some((entry) => {
      return entry.exportName.name === name && entry.isType;
    });
    return { ...trace(root, { path, name }, doors), ...(isType ? { isType } : {}) };
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The comment of documentation right before a place; its text without the stars. */
export function docBefore(file: Parsed, start: number): string | undefined {
  const comment = file.comments.findLast(({ end }) => end <= start);
  // A linter's comment may stand between the two.
  if (comment?.type === "Line" && file.text.slice(comment.end, start).trim() === "") {
    return docBefore(file, comment.start);
  }
  const isDoc = comment?.type === "Block" && comment.value.startsWith("*");
  if (comment === undefined || !isDoc || file.text.slice(comment.end, start).trim() !== "") {
    return undefined;
  }
  return comment.value
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}

/** The comment that stands before a declaration. */
export function docOf({ file, statements }: Declaration): string | undefined {
  const [first] = statements;
  return first === undefined ? undefined : docBefore(file, first.start);
}

const cache = new Map<string, Parsed>();

export function parsed(root: string, path: string): Parsed {
  const full = join(root, path);
  const known = cache.get(full);
  if (known !== undefined) return known;
  const text = readFileSync(full, "utf8");
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const entries = module.staticExports.flatMap((each) => each.entries);
  const imports = module.staticImports;
  const file = { path, text, comments, body: program.body, entries, imports };
  cache.set(full, file);
  return file;
}

function namesOf(root: string, path: string): string[] {
  return parsed(root, path).entries.map(({ exportName }) => {
    if (exportName.name === null) {
      throw new Error(`${path}: a door names what it exports: no "export *", no default`);
    }
    return exportName.name;
  });
}

/** What a name that a file exports is, past all files that hand it on. */
export function trace(root: string, asked: NamedExport, doors: readonly Door[]): Exported {
  const { name } = asked;
  let { path, name: wanted } = asked;
  for (;;) {
    const file = parsed(root, path);
    const entry = file.entries.find(({ exportName }) => exportName.name === wanted);
    if (entry === undefined) {
      const inside = throughStars(root, { path, name: wanted });
      if (inside === undefined) throw new Error(`${path} does not export ${wanted}`);
      ({ path, name: wanted } = inside);
      continue;
    }
    if (entry.moduleRequest === null) {
      return { name, declaration: declarationOf(file, entry.localName.name ?? wanted) };
    }
    const target = entry.moduleRequest.value;
    if (!target.startsWith(".")) return { name, from: target };
    path = normalize(join(dirname(path), target));
    const other = doors.find((each) => each.path === path);
    if (entry.importName.kind === "All") {
      return other === undefined
        ? { name, members: exportsIn(path, doors, root) }
        : { name, from: other.name };
    }
    wanted = entry.importName.name ?? wanted;
    if (other !== undefined) {
      return { ...trace(root, { path, name: wanted }, doors), name, door: other.name };
    }
  }
}

/** The file behind an `export *` that exports a name; doors have none, what stands behind them may. */
function throughStars(root: string, { path, name }: NamedExport): NamedExport | undefined {
  for (const { exportName, moduleRequest } of parsed(root, path).entries) {
    if (exportName.kind !== "None" || moduleRequest === null) continue;
    const target = normalize(join(dirname(path), moduleRequest.value));
    const isThere = parsed(root, target).entries.some((each) => each.exportName.name === name);
    if (isThere) return { path: target, name };
    const deeper = throughStars(root, { path: target, name });
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function declarationOf(file: Parsed, name: string): Declaration {
  const declaration = declarationIn(file, name);
  if (declaration !== undefined) return declaration;
  throw new Error(`${file.path}: ${name} is not declared by a statement`);
}

/** What a file itself declares by a name, exported or not. */
export function declarationIn(file: Parsed, name: string): Declaration | undefined {
  const statements = file.body.filter((statement) => namesDeclared(statement).includes(name));
  const [first] = statements;
  return first && { kind: kindOf(declaredBy(first)?.type ?? ""), file, statements };
}

/** The declaration in a statement, be it exported at once or by its name. */
export function declaredBy(statement: Statement): Declared | undefined {
  if (statement.type === "ExportNamedDeclaration") return statement.declaration ?? undefined;
  return statement.type in KINDS ? (statement as Declared) : undefined;
}

/** The names that a statement declares. */
export function namesDeclared(statement: Statement): string[] {
  const declaration = declaredBy(statement);
  if (declaration?.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) =>
      id.type === "Identifier" ? [id.name] : [],
    );
  }
  const id = declaration !== undefined && "id" in declaration ? declaration.id : null;
  return id?.type === "Identifier" ? [id.name] : [];
}

const KINDS: Readonly<Record<string, DeclarationKind>> = {
  FunctionDeclaration: "function",
  TSDeclareFunction: "function",
  ClassDeclaration: "class",
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
  VariableDeclaration: "const",
};

function kindOf(type: string): DeclarationKind {
  const kind = KINDS[type];
  if (kind === undefined) throw new Error(`an export that is a ${type} is unknown here`);
  return kind;
}
