import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { addTo, errorText } from "../base/index.ts";
import { isObject, type JsonValue } from "../spec/index.ts";

/** Which plugin directories the clients of a node look into, by their own configuration. */

/** A program of this node that runs plugins. */
export interface Client {
  readonly name: string;
  /** Where it looks for a plugin, in this order. */
  readonly dirs: readonly string[];
  /** The file that says so; absent where it is the client's default. */
  readonly file?: string;
  /** A file that could not be read, and why. */
  readonly problem?: string;
}

/** A client, and where it finds the plugins of an installation. */
export interface ClientReport extends Client {
  /** The plugins by the directory that it takes them from; what is nowhere is left out. */
  readonly takes: ReadonlyMap<string, readonly string[]>;
}

type Table = { readonly [key: string]: JsonValue };

interface Known {
  readonly name: string;
  readonly programs: readonly string[];
  /** Configuration files, later ones over earlier ones; a name that ends in a slash stands for a directory. */
  readonly files: readonly string[];
  /** The directories that a file names; undefined when it names none. */
  readonly dirsOf: (table: Table) => readonly string[] | undefined;
  readonly usual: readonly string[];
  /** Takes the first directory that is there, and no other. */
  readonly onlyFirst?: boolean;
  /** Whether a file says that it runs no plugins at all. */
  readonly isOff?: (table: Table) => boolean;
}

const OPT = "/opt/cni/bin";
const DISTRIBUTIONS = ["/usr/local/libexec/cni", "/usr/local/lib/cni", "/usr/libexec/cni"];
const PROGRAM_DIRS = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin"];

/** Every directory that some client looks into unless it is configured. */
export const USUAL_PLUGIN_DIRS: readonly string[] = [OPT, ...DISTRIBUTIONS, "/usr/lib/cni"];

/** The section of containerd 1 and of containerd 2. */
const CRI = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"];

const KNOWN: readonly Known[] = [
  {
    name: "containerd",
    programs: ["containerd"],
    files: ["/etc/containerd/config.toml", "/etc/containerd/conf.d/"],
    dirsOf: (table) => {
      const sections = CRI.map((name) => tableAt(table, "plugins", name, "cni"));
      const found = [tableAt(table, "plugins", "cri", "cni"), ...sections];
      return found.flatMap((cni) => dirsAt(cni, "bin_dirs") ?? dirsAt(cni, "bin_dir") ?? []);
    },
    usual: [OPT],
  },
  {
    name: "CRI-O",
    programs: ["crio"],
    files: ["/etc/crio/crio.conf", "/etc/crio/crio.conf.d/"],
    dirsOf: (table) => {
      const network = tableAt(table, "crio", "network");
      return dirsAt(network, "plugin_dirs") ?? dirsAt(network, "plugin_dir");
    },
    usual: [OPT],
  },
  {
    name: "podman",
    programs: ["podman", "buildah"],
    files: [
      "/usr/share/containers/containers.conf",
      "/etc/containers/containers.conf",
      "/etc/containers/containers.conf.d/",
    ],
    dirsOf: (table) => dirsAt(tableAt(table, "network"), "cni_plugin_dirs"),
    isOff: (table) => tableAt(table, "network")?.["network_backend"] === "netavark",
    usual: [
      "/usr/local/libexec/cni",
      "/usr/libexec/cni",
      "/usr/local/lib/cni",
      "/usr/lib/cni",
      OPT,
    ],
  },
  {
    name: "nerdctl",
    programs: ["nerdctl"],
    files: ["/etc/nerdctl/nerdctl.toml"],
    dirsOf: (table) => dirsAt(table, "cni_path"),
    usual: USUAL_PLUGIN_DIRS,
    onlyFirst: true,
  },
];

/** The clients of the node below `root`, without those of which there is neither program nor file. */
function clientsOfNode(root: string): Client[] {
  return KNOWN.filter((known) => isThere(known, root)).flatMap((known) => clientOf(known, root));
}

/**
 * Where each client finds each plugin: the first directory that has it, as clients search. In `filled`
 * they are all, or will be.
 */
export function whatClientsTake(
  plugins: readonly string[],
  filled: string | undefined,
  root: string = "/",
): ClientReport[] {
  return clientsOfNode(root).map((client) => {
    const takes = new Map<string, string[]>();
    for (const plugin of plugins) {
      const dir = client.dirs.find((each) => each === filled || isFile(join(root, each, plugin)));
      if (dir === undefined) continue;
      const place = dir === filled ? dir : placeOf(root, dir, plugin);
      addTo(takes, place, plugin);
    }
    return { ...client, takes };
  });
}

/** The directory that a plugin lies in: a package's lie elsewhere, and links lead to them. */
function placeOf(root: string, dir: string, plugin: string): string {
  try {
    return resolve(dir, dirname(readlinkSync(join(root, dir, plugin))));
  } catch {
    return dir; // no link
  }
}

function isThere({ programs, files }: Known, root: string): boolean {
  const places = programs.flatMap((program) => PROGRAM_DIRS.map((dir) => join(dir, program)));
  const [own = ""] = files.filter((file) => file.startsWith("/etc/") && !file.endsWith("/"));
  return [...places, own].some((path) => isFile(join(root, path)));
}

/** Nothing where it runs no plugins. */
function clientOf(known: Known, root: string): Client[] {
  const { name, files, dirsOf, isOff, usual, onlyFirst = false } = known;
  let client: Client = { name, dirs: usual };
  let off = false;
  for (const file of files.flatMap((each) => filesAt(each, root))) {
    try {
      const table = Bun.TOML.parse(readFileSync(join(root, file), "utf8")) as Table;
      off ||= isOff?.(table) === true;
      const dirs = dirsOf(table);
      if (dirs !== undefined && dirs.length > 0) client = { ...client, dirs, file };
    } catch (error) {
      client = { ...client, problem: `${file}: ${errorText(error)}` };
    }
  }
  if (off) return [];
  if (!onlyFirst || client.file !== undefined) return [client];
  const first = usual.find((dir) => existsSync(join(root, dir))) ?? OPT;
  return [{ ...client, dirs: [first] }];
}

/** A file, or the files of a directory in the order of their names; those that are there. */
function filesAt(path: string, root: string): string[] {
  if (!path.endsWith("/")) return isFile(join(root, path)) ? [path] : [];
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => {
      return /\.(?:conf|toml)$|\/[^.]+$/.test(file) && isFile(join(root, file));
    });
}

function tableAt(table: Table | undefined, ...keys: readonly string[]): Table | undefined {
  return keys.reduce<Table | undefined>((at, key) => {
    const value = at?.[key];
    return isObject(value) ? value : undefined;
  }, table);
}

/** One directory, several, or several in one text as in PATH. */
function dirsAt(table: Table | undefined, key: string): string[] | undefined {
  const value = table?.[key];
  const texts = typeof value === "string" ? value.split(":") : Array.isArray(value) ? value : [];
  const dirs = texts.filter((each): each is string => typeof each === "string" && each !== "");
  return dirs.length === 0 ? undefined : dirs.map((dir) => resolve(dir));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
