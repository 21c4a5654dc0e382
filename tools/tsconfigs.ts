/** The tsconfig.json of each room, and of the tree, from the table in rooms.ts. */
import { relative } from "node:path";
import { NPM_DOORS, type Platform, ROOMS, ROOT_DOORS, type Room } from "./rooms.ts";

const CACHE = "node_modules/.cache/hawser/types";

const PAGE_TESTS = "src/page/tsconfig.test.json";

/** Folders outside src: nothing imports them from there, so they may import anything. */
const LEAVES = ["tests", "tools", "bench", "examples"];

interface Library {
  readonly lib: readonly string[];
  readonly types: readonly string[];
  readonly jsx?: string;
  readonly jsxImportSource?: string;
}

/** The newest Node API and language that each platform may use. */
const LIBRARIES: Readonly<Record<Platform, Library>> = {
  pure: { lib: ["es2023", "esnext.disposable"], types: [] },
  node: { lib: ["es2023", "esnext.disposable"], types: ["node"] },
  bun: { lib: ["esnext"], types: ["bun"] },
  browser: {
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    types: [],
    jsx: "react-jsx",
    jsxImportSource: "preact",
  },
};

/** Path → text of every generated file. */
export function tsconfigs(): Map<string, string> {
  const files = new Map<string, unknown>();
  for (const room of ROOMS) files.set(`src/${room.name}/tsconfig.json`, roomConfig(room));
  files.set("src/tsconfig.json", doorConfig());
  files.set("tsconfig.npm.json", npmConfig());
  for (const leaf of LEAVES) files.set(`${leaf}/tsconfig.json`, leafConfig(leaf));
  files.set(PAGE_TESTS, pageTestsConfig());
  files.set("site/tsconfig.json", siteConfig());
  files.set("tsconfig.json", {
    files: [],
    references: [
      ...ROOMS.map((room) => `src/${room.name}`),
      ...["src", ...LEAVES, PAGE_TESTS, "site"],
    ].map((path) => {
      return { path };
    }),
  });
  return new Map([...files].map(([path, value]) => [path, `${JSON.stringify(value, null, 2)}\n`]));
}

function roomConfig(room: Room): unknown {
  const folder = `src/${room.name}`;
  return {
    extends: toward(folder, "tsconfig.base.json"),
    compilerOptions: {
      composite: true,
      emitDeclarationOnly: true,
      rootDir: ".",
      outDir: toward(folder, `${CACHE}/${folder}`),
      tsBuildInfoFile: toward(folder, `${CACHE}/${folder}.tsbuildinfo`),
      ...LIBRARIES[room.platform],
    },
    include: [
      "**/*.ts",
      ...(room.platform === "browser" ? ["**/*.tsx"] : []),
      ...(room.platform === "pure" ? [toward(folder, "src/pure-globals.d.ts")] : []),
    ],
    exclude: ["**/*.test.ts", ...roomsInside(room)],
    references: room.imports.map((name) => {
      return { path: toward(folder, `src/${name}`) };
    }),
  };
}

/** The folders of a room that are rooms of their own. */
function roomsInside({ name }: Room): string[] {
  return ROOMS.flatMap((room) =>
    room.name.startsWith(`${name}/`) ? [room.name.slice(name.length + 1)] : [],
  );
}

/** src/index.ts, the door of the npm package as a whole. */
function doorConfig(): unknown {
  return {
    extends: "../tsconfig.base.json",
    compilerOptions: {
      composite: true,
      emitDeclarationOnly: true,
      rootDir: ".",
      outDir: `../${CACHE}/src`,
      tsBuildInfoFile: `../${CACHE}/src/index.tsbuildinfo`,
      ...LIBRARIES.node,
    },
    files: ["index.ts"],
    references: ROOT_DOORS.map((name) => {
      return { path: name };
    }),
  };
}

/**
 * One project for all that the package holds: its output must stand together in dist/npm. That rooms
 * which run on Node use nothing newer is judged by their own projects.
 */
function npmConfig(): unknown {
  return {
    extends: "./tsconfig.base.json",
    compilerOptions: {
      target: "es2022",
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: "src",
      outDir: "dist/npm",
      ...LIBRARIES.bun,
    },
    files: ["src/index.ts", ...[...NPM_DOORS.values()].map((name) => `src/${name}/index.ts`)],
  };
}

/** The options of what nothing imports: it is checked, and its types need not be declared. */
function checkedAlone(top: string, name: string): object {
  return {
    noEmit: true,
    incremental: true,
    isolatedDeclarations: false,
    tsBuildInfoFile: `${top}${CACHE}/${name}.tsbuildinfo`,
  };
}

function leafConfig(folder: string): unknown {
  return {
    extends: "../tsconfig.base.json",
    compilerOptions: {
      ...checkedAlone("../", folder),
      ...LIBRARIES.bun,
      paths: packagePaths(),
    },
    include: folder === "tests" ? ["**/*.ts", "../src/**/*.test.ts"] : ["**/*.ts"],
    ...(folder === "tests" ? { exclude: ["../src/page/**"] } : {}),
    references: [...ROOMS.map((room) => room.name), "."].map((name) => {
      return { path: name === "." ? "../src" : `../src/${name}` };
    }),
  };
}

/** Tests of the page: what they import brings a browser's types, with which those of Bun do not agree. */
function pageTestsConfig(): unknown {
  const { lib, ...rest } = LIBRARIES.browser;
  return {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      ...checkedAlone("../../", "page-tests"),
      ...rest,
      lib: ["esnext", ...lib.filter((name) => name.startsWith("dom"))],
      types: ["bun"],
    },
    include: ["**/*.test.ts"],
    references: ROOMS.filter(({ platform }) => platform !== "bun").map(({ name }) => {
      return { path: toward("src/page", `src/${name}`) };
    }),
  };
}

/** The script of the documents' site, which runs in a browser and shares nothing with the product. */
function siteConfig(): unknown {
  const { lib, types } = LIBRARIES.browser;
  return {
    extends: "../tsconfig.base.json",
    compilerOptions: {
      ...checkedAlone("../", "site"),
      ...{ lib, types },
    },
    include: ["client/**/*.ts"],
  };
}

/** The package by its name, as its users write it, is what stands in src. */
function packagePaths(): Record<string, string[]> {
  const paths: Record<string, string[]> = { hawser: ["../src/index.ts"] };
  for (const [door, room] of NPM_DOORS) paths[`hawser/${door}`] = [`../src/${room}/index.ts`];
  return paths;
}

function toward(folder: string, path: string): string {
  const way = relative(folder, path);
  return way.startsWith(".") ? way : `./${way}`;
}
