import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CniError, ErrorCode } from "../spec/index.ts";
import { readConflist } from "./conflist.ts";
import { type Content, digestOfFile, digestOfText, look } from "./content.ts";
import { attempt } from "./errors.ts";
import { isOurs, type Manifest, type Role } from "./manifest.ts";
import { EXECUTABLE_NAME } from "./names.ts";
import { unitTexts } from "./units.ts";

/** What shall be installed, and where. */
export interface InstallRequest {
  /** The executable that is to be installed: as a rule the one that runs. */
  readonly program: string;
  /** The version of Hawser. */
  readonly version: string;
  /** The names under which plugins are found. */
  readonly plugins: readonly string[];
  readonly binDir: string;
  readonly confDir: string;
  /** A network's configuration, installed under its own name. */
  readonly conflist?: string;
  /** Where systemd finds units; none are installed when absent. */
  readonly unitDir?: string;
  /** Puts other programs' files of the same names aside, instead of keeping them. */
  readonly replace: boolean;
}

/** One file to install. */
export interface Wanted {
  readonly path: string;
  readonly role: Role;
  readonly content: Content;
  /** Where its bytes are; a link has none. */
  readonly source?: { readonly file: string } | { readonly text: string };
}

const PROGRAM_MODE = 0o755;
const TEXT_MODE = 0o644;

/** Everything that the request asks for, in the order in which it is put: the configuration last. */
export function wantedFiles(request: InstallRequest, before: Manifest | undefined): Wanted[] {
  const { program, binDir, plugins, conflist, confDir, unitDir } = request;
  const executable = copyOf(join(binDir, EXECUTABLE_NAME), "executable", requireProgram(program));
  const entries = plugins.map((name) => pluginFile(request, name, before));
  const units = unitDir === undefined ? [] : Object.entries(unitTexts(binDir));
  return [
    executable,
    ...entries,
    ...units.map(([name, text]) => textFile(join(unitDir ?? "", name), "unit", text)),
    ...(conflist === undefined
      ? []
      : [textFile(join(confDir, basename(conflist)), "network", readConflist(conflist).text)]),
  ];
}

/** Run by Bun from its sources, the program is no executable that could be installed. */
function requireProgram(program: string): string {
  return attempt("read the executable", () => {
    try {
      accessSync(program, constants.X_OK);
    } catch (error) {
      throw new CniError(
        ErrorCode.IO_FAILURE,
        `${program} is no executable that can be installed; \`npm run build\` makes one`,
        { cause: error },
      );
    }
    return realpathSync(program);
  });
}

/**
 * The plugin's entry program, if the build has made one; a link to the full executable, if not. An
 * executable that runs where it is installed has no entry programs beside it: what is there stays.
 */
function pluginFile(
  { program, binDir }: InstallRequest,
  name: string,
  before: Manifest | undefined,
): Wanted {
  const path = join(binDir, name);
  const beside = dirname(realpathSync(program));
  const entry = join(beside, "entry", name);
  // Where no C compiler was at hand, the build has made links to the executable.
  if (isFile(entry) && realpathSync(entry) !== realpathSync(program)) {
    return copyOf(path, "plugin", entry);
  }
  if (beside === realpathIfThere(binDir)) {
    const found = look(path);
    if (found.kind === "file" && isOurs(before, path, found)) {
      return {
        path,
        role: "plugin",
        content: { ...found, mode: PROGRAM_MODE },
        source: { file: path },
      };
    }
  }
  return { path, role: "plugin", content: { kind: "link", target: EXECUTABLE_NAME } };
}

function copyOf(path: string, role: Role, from: string): Wanted {
  const sha256 = attempt(`read ${from}`, () => digestOfFile(from));
  return {
    path,
    role,
    content: { kind: "file", sha256, mode: PROGRAM_MODE },
    source: { file: from },
  };
}

function textFile(path: string, role: Role, text: string): Wanted {
  const content: Content = { kind: "file", sha256: digestOfText(text), mode: TEXT_MODE };
  return { path, role, content, source: { text } };
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function realpathIfThere(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
