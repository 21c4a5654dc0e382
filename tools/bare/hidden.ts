import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "../setup/packages.ts";

/** Which programs a bare machine would not have. */

/** Where programs lie, and the plugins of others. */
const DIRECTORIES = [
  ...["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/lib/cni", "/usr/lib/podman"],
  "/opt/cni/bin",
];

/** The directories of this machine with the names in each that are to be hidden. */
export type Hidden = ReadonlyMap<string, readonly string[]>;

/** Runs a program and gives its output; undefined when it is not there or fails. */
type Ask = (argv: readonly string[]) => string | undefined;

/** All but the programs of essential packages, of Node and npm, and of the packages named. */
export function hiddenPrograms(kept: readonly string[], ask: Ask = askProgram): Hidden {
  const directories = DIRECTORIES.filter(isRealDirectory);
  const installed = ask(["dpkg-query", "--show", "--showformat", `${FORMAT}\n`]);
  const isHidden =
    installed === undefined ? ofList(kept) : notOf([...keptPackages(installed, ask), ...kept], ask);
  return new Map(
    directories.map((directory) => {
      return [directory, entriesOf(directory).filter((name) => isHidden(join(directory, name)))];
    }),
  );
}

const FORMAT = ["binary:Package", "Essential", "Priority"].map((field) => `\${${field}}`).join(" ");

/** Names of Debian's essential packages, and of those that Node and npm are in. */
function keptPackages(installed: string, ask: Ask): string[] {
  const essential = installed
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, isEssential, priority]) => isEssential === "yes" || priority === "required")
    .map(([name = ""]) => name);
  const own = ["node", "npm"].flatMap((program) => {
    const path = Bun.which(program);
    const owners = path === null ? undefined : ask(["dpkg-query", "--search", realpathSync(path)]);
    return owners?.split("\n").map((line) => line.slice(0, line.lastIndexOf(": "))) ?? [];
  });
  return [...essential, ...own];
}

/** On Debian: what belongs to a package that is not kept, and links that lead to such. */
function notOf(kept: readonly string[], ask: Ask): (path: string) => boolean {
  const listed =
    ask(["dpkg-query", "--listfiles", ...kept.filter((name) => name !== "")])?.split("\n") ?? [];
  // Node and npm may belong to no package.
  const own = ["node", "npm"].flatMap((name) => Bun.which(name) ?? []);
  const ours = new Set([...listed, ...own].map(plainPath));
  return (path) => {
    const plain = plainPath(path);
    if (ours.has(plain)) return false;
    // The names that Debian's alternatives give to the programs of essential packages.
    const target = realTarget(path);
    return target === undefined || !ours.has(plainPath(target));
  };
}

/** Elsewhere: the programs of the list, and what the other plugins are. */
function ofList(kept: readonly string[]): (path: string) => boolean {
  const packages = PACKAGES.filter(({ name }) => name !== "util-linux" && !kept.includes(name));
  return (path) => {
    if (path.startsWith("/usr/lib/cni/") || path.startsWith("/opt/cni/")) return true;
    const name = path.slice(path.lastIndexOf("/") + 1);
    return packages.some(({ programs }) => programs.includes(name));
  };
}

/** Packages list `/bin/sh` where that is `/usr/bin/sh` by a link. */
function plainPath(path: string): string {
  return path.replace(/^\/(s?bin|lib)\//, "/usr/$1/");
}

function realTarget(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // a link to nothing
  }
}

/** `/bin` is a link to `/usr/bin` on most machines. */
function isRealDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Every file and link below a directory, by its path from there. */
function entriesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return entriesOf(join(directory, entry.name)).map((name) => join(entry.name, name));
  });
}

function askProgram([program = "", ...words]: readonly string[]): string | undefined {
  if (Bun.which(program) === null) return undefined;
  const { stdout, success } = Bun.spawnSync([program, ...words], { stderr: "ignore" });
  return success ? stdout.toString() : undefined;
}
