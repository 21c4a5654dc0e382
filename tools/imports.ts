import { basename, dirname, join, normalize } from "node:path";
import { parseSync } from "oxc-parser";
import { ROOMS, type Room } from "./rooms.ts";

/** The rules of imports that the compiler cannot say; what it can say stands in the tsconfig files. */

/** Only this room may speak to C. */
const NATIVE_ROOM = "kernel/sys";

/** Every module that a file names: imports, re-exports, types among them, and import(). */
export function importsOf(path: string, source: string): string[] {
  const { module, errors } = parseSync(path, source);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  return [
    ...module.staticImports.map((each) => each.moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest ? [moduleRequest.value] : [])),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      source.slice(moduleRequest.start, moduleRequest.end).replaceAll(/^["'`]|["'`]$/g, ""),
    ),
  ];
}

/** The room of a path from the top of the repository, if it is in one: the inner one of two. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.findLast(({ name }) => path.startsWith(`src/${name}/`));
}

/** What is wrong with the imports of one product file; tests may import as they like. */
export function importProblems(path: string, source: string): string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const problems = importsOf(path, source).map((target) =>
    target.startsWith(".")
      ? relativeProblem(room, normalize(join(dirname(path), target)))
      : packageProblem(room, target),
  );
  return [...new Set(problems)].flatMap((problem) =>
    problem === undefined ? [] : [`${path}: ${problem}`],
  );
}

function relativeProblem(room: Room, target: string): string | undefined {
  const other = roomOf(target);
  if (other === undefined) return `imports ${target}: product code imports rooms of src only`;
  if (other === room) return undefined;
  if (isPlugin(room) && isPlugin(other)) {
    return `imports ${target}: a plugin never imports a plugin; what both need is a step`;
  }
  if (!room.imports.includes(other.name)) {
    return `imports ${target}: ${room.name} may not import ${other.name} (tools/rooms.ts)`;
  }
  if (!isDoor(other, target)) return `imports ${target}: of another room only its door, index.ts`;
  return undefined;
}

function packageProblem(room: Room, target: string): string | undefined {
  if (target === "bun:ffi") {
    return room.name === NATIVE_ROOM ? undefined : `imports bun:ffi: only ${NATIVE_ROOM} may`;
  }
  if (room.platform === "bun") return undefined;
  if (target === "bun" || target.startsWith("bun:")) {
    return `imports ${target}: ${room.name} runs on Node too`;
  }
  if (room.platform === "pure" && target.startsWith("node:")) {
    return `imports ${target}: ${room.name} does no I/O`;
  }
  return undefined;
}

function isPlugin({ name }: Room): boolean {
  const serving = ["plugins/registry"];
  return name.startsWith("plugins/") && !serving.includes(name);
}

/** A room's index.ts; of a room with folders as rooms of their own, also that of a folder. */
function isDoor(room: Room, target: string): boolean {
  const inside = target.slice(`src/${room.name}/`.length);
  const depth = dirname(inside) === "." ? 0 : dirname(inside).split("/").length;
  return basename(inside) === "index.ts" && (depth === 0 || (depth === 1 && room.folders === true));
}
