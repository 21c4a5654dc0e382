import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import {
  type Declaration,
  type Door,
  docBefore,
  type Exported,
  exportsIn,
  parsed,
} from "./declarations.ts";
import { type IsExported, insideOf, keyOf } from "./inside.ts";

/** What the npm package exports: its doors, and each name of each. */

/** The doors, from the exports of package.json. */
export function readDoors(root: string = ROOT): Door[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, { default?: string } | string>;
  };
  return Object.entries(exports).flatMap(([key, target]): Door[] => {
    const built = typeof target === "string" ? undefined : target.default;
    if (built === undefined) return [];
    const path = built.replace(/^\.\/dist\/npm\/(.*)\.js$/, "src/$1.ts");
    return [{ name: key.replace(/^\./, "hawser"), path }];
  });
}

/** Every name that a door exports, in alphabetical order. */
export function exportsOf(door: Door, doors: readonly Door[], root: string = ROOT): Exported[] {
  const all = new Set(
    doors.flatMap(({ path }) => declarationsOf(exportsIn(path, doors, root))).map(keyOf),
  );
  const isExported: IsExported = (declaration) => all.has(keyOf(declaration));
  const withInside = (each: Exported): Exported => {
    const { declaration, members, door: other } = each;
    if (members !== undefined) return { ...each, members: members.map(withInside) };
    if (declaration === undefined || other !== undefined) return each;
    const inside = insideOf(declaration, isExported, { root, doors });
    return inside.length === 0 ? each : { ...each, inside };
  };
  return exportsIn(door.path, doors, root).map(withInside);
}

function declarationsOf(exported: readonly Exported[]): Declaration[] {
  return exported.flatMap(({ declaration, members = [] }) => [
    ...(declaration === undefined ? [] : [declaration]),
    ...declarationsOf(members),
  ]);
}

/** What the file behind a door begins with. */
export function docOfDoor({ path }: Door, root: string = ROOT): string {
  const file = parsed(root, path);
  return docBefore(file, file.body[0]?.start ?? 0) ?? "";
}
