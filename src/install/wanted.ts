import { accessSync, constants, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { CniError, ErrorCode } from "../spec/index.ts";
import { readConflist } from "./conflist.ts";
import { type Content, digestOfBytes, digestOfFile, look } from "./content.ts";
import { attempt } from "./errors.ts";
import { isOurs, type Manifest, type Role } from "./manifest.ts";
import { EXECUTABLE_NAME } from "./names.ts";
import type { KeptState } from "./state-format.ts";
import { unitTexts } from "./units.ts";

/** What a shell finds of an installation. */
export interface Commands {
  /** The directory that has `bin` and `share`. */
  readonly prefix: string;
  /** Names of the executable in `bin`. */
  readonly links: readonly string[];
  /** Files by their path below the prefix. */
  readonly texts: Readonly<Record<string, string>>;
}

/** What shall be installed, and where. */
export interface InstallRequest {
  /** The executable that is to be installed: as a rule the one that runs. */
  readonly program: string;
  /** The version of Hawser. */
  readonly version: string;
  readonly state: KeptState;
  /** The names under which plugins are found. */
  readonly plugins: readonly string[];
  /** The entry program that stands under each of them; absent where the build had no C compiler. */
  readonly entry?: Uint8Array;
  readonly binDir: string;
  readonly confDir: string;
  /** A network's configuration, installed under its own name. */
  readonly conflist?: string;
  /** Where systemd finds units; none are installed when absent. */
  readonly unitDir?: string;
  /** Commands, manual and completions; none are installed when absent. */
  readonly commands?: Commands;
  /** Puts other programs' files of the same names aside, instead of keeping them. */
  readonly replace: boolean;
}

/** One file to install. */
export interface Wanted {
  readonly path: string;
  readonly role: Role;
  readonly content: Content;
  /** Where its bytes are; a link has none. */
  readonly source?: { readonly file: string } | { readonly bytes: Uint8Array };
}

const PROGRAM_MODE = 0o755;
const TEXT_MODE = 0o644;

/** Everything that the request asks for, in the order in which it is put: the configuration last. */
export function wantedFiles(request: InstallRequest, before: Manifest | undefined): Wanted[] {
  const { program, binDir, plugins, conflist, confDir, unitDir, commands } = request;
  const executable = copyOf(join(binDir, EXECUTABLE_NAME), "executable", requireProgram(program));
  const entries = plugins.map((name) => pluginFile(request, name, before));
  const units = unitDir === undefined ? [] : Object.entries(unitTexts(binDir));
  return [
    executable,
    ...entries,
    ...(commands === undefined ? [] : commandFiles(executable.path, commands)),
    ...units.map(([name, text]) => textFile(join(unitDir ?? "", name), "unit", text)),
    ...(conflist === undefined
      ? []
      : [textFile(join(confDir, basename(conflist)), "network", readConflist(conflist).text)]),
  ];
}

/** Links to the executable, but for the executable itself, and files. */
function commandFiles(executable: string, { prefix, links, texts }: Commands): Wanted[] {
  const paths = links
    .map((name) => join(prefix, "bin", name))
    .filter((path) => path !== executable);
  return [
    ...paths.map((path): Wanted => {
      return { path, role: "command", content: { kind: "link", target: executable } };
    }),
    ...Object.entries(texts).map(([path, text]) => textFile(join(prefix, path), "command", text)),
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
 * The plugin's entry program; without one, the entry program that an earlier installation has put
 * there, which asks the daemon as well; and a link to the full executable where there is neither.
 */
function pluginFile(
  { binDir, entry }: InstallRequest,
  name: string,
  before: Manifest | undefined,
): Wanted {
  const path = join(binDir, name);
  if (entry !== undefined) return fileOf(path, "plugin", entry, PROGRAM_MODE);
  const found = look(path);
  if (found.kind === "file" && isOurs(before, path, found)) {
    const content: Content = { ...found, mode: PROGRAM_MODE };
    return { path, role: "plugin", content, source: { file: path } };
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
  return fileOf(path, role, new TextEncoder().encode(text), TEXT_MODE);
}

function fileOf(path: string, role: Role, bytes: Uint8Array, mode: number): Wanted {
  const content: Content = { kind: "file", sha256: digestOfBytes(bytes), mode };
  return { path, role, content, source: { bytes } };
}
