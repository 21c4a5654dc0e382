import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { must, type RunAnswer, run } from "../support/exec.ts";

/**
 * A bare Debian beside this one: the files of its essential packages and of those named, as the machine has
 * them, with a package database of their own. The machine's files are only linked to, below an overlay.
 */

const DATABASE = "/var/lib/dpkg";
/** What each Debian has in /usr by now. */
const MERGED = ["bin", "sbin", "lib", "lib64"];
const LEFT_OUT = /^\/usr\/share\/(?:doc|man|locale|info|zoneinfo|perl5|i18n|icons)\//;
/** What makes the links of alternatives, users and the loader's cache. */
const MADE = ["/etc/alternatives", "/etc/passwd", "/etc/group", "/etc/ld.so.cache"];
const FORMAT = ["Package", "Architecture", "Essential", "Status", "Pre-Depends", "Depends"]
  .map((field) => `\${${field}}`)
  .join("\t");

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty", "net/tun"];

interface Known {
  readonly name: string;
  readonly isEssential: boolean;
  readonly needs: readonly string[];
}

/** The packages of this machine, by name. */
async function installedPackages(): Promise<Map<string, Known>> {
  const text = await must(["dpkg-query", "--show", "--showformat", `${FORMAT}\n`]);
  const rows = text.split("\n").filter((line) => line.includes("ok installed"));
  return new Map(
    rows.map((row) => {
      const [name = "", , essential, , ...depends] = row.split("\t");
      const needs = depends.flatMap((list) => list.split(",")).map((each) => each.trim());
      return [name, { name, isEssential: essential === "yes", needs }];
    }),
  );
}

/** The packages and all that they depend on. */
function closureOf(all: ReadonlyMap<string, Known>, wanted: readonly string[]): string[] {
  const essential = [...all.values()].filter(({ isEssential }) => isEssential);
  const names = [...new Set([...essential.map(({ name }) => name), ...wanted])];
  for (const name of names) {
    for (const need of all.get(name)?.needs ?? []) {
      const choice = need.split("|").map((each) => /^[\w.+-]+/.exec(each.trim())?.[0] ?? "");
      const found = choice.find((each) => all.has(each));
      if (found !== undefined && !names.includes(found)) names.push(found);
    }
  }
  return names.filter((name) => all.has(name));
}

/** The layer below: made once for all roots of a test file. */
async function makeLayer(layer: string, wanted: readonly string[]): Promise<void> {
  const names = closureOf(await installedPackages(), wanted);
  for (const name of MERGED) {
    mkdirSync(join(layer, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(layer, name));
  }
  for (const dir of ["proc", "sys", "dev", "run", "tmp", "etc", "var/lib", "root"]) {
    mkdirSync(join(layer, dir), { recursive: true });
  }
  const listed = await must(["dpkg-query", "--listfiles", ...names]);
  const made = [...MADE.flatMap((path) => filesBelow(path)), ...alternatives()];
  const paths = new Set([...listed.split("\n"), ...made].filter((path) => path.startsWith("/")));
  for (const path of paths) if (!LEFT_OUT.test(path)) bring(layer, path);
  makeDatabase(layer, new Set(names));
}

/** The names of programs that several packages have, such as awk: links that are in no package. */
function alternatives(): string[] {
  const place = join(DATABASE, "alternatives");
  return readdirSync(place).flatMap((name) => {
    const [head = ""] = readFileSync(join(place, name), "utf8").split("\n\n");
    return head
      .split("\n")
      .filter((line) => line.startsWith("/usr/bin/") || line.startsWith("/usr/sbin/"));
  });
}

function filesBelow(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path).map((name) => join(path, name));
}

function bring(layer: string, path: string): void {
  const target = join(layer, path);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  if (found.isDirectory()) {
    mkdirSync(target, { recursive: true });
    chmodSync(target, found.mode & 0o7777);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(path), target);
  else if (found.isFile()) linkOrCopy(path, target);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function makeDatabase(layer: string, names: ReadonlySet<string>): void {
  const place = join(layer, DATABASE);
  for (const dir of ["info", "updates", "triggers", "alternatives", "parts"]) {
    mkdirSync(join(place, dir), { recursive: true });
  }
  const stanzas = readFileSync(join(DATABASE, "status"), "utf8").split(/\n\n+/);
  const kept = stanzas.filter((text) => names.has(/^Package: (.*)$/m.exec(text)?.[1] ?? ""));
  writeFileSync(join(place, "status"), `${kept.join("\n\n")}\n\n`);
  for (const file of ["available", "diversions", "statoverride", "lock", "lock-frontend"]) {
    writeFileSync(join(place, file), "");
  }
  for (const file of readdirSync(join(DATABASE, "info"))) {
    const [name = ""] = /^[^:]+?(?=(?::\w+)?\.\w+$)/.exec(file) ?? [];
    if (file === "format" || names.has(name)) {
      copyFileSync(join(DATABASE, "info", file), join(place, "info", file));
    }
  }
}

/** What programs in a root start with. */
export const ROOT_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
  HOME: "/root",
  LC_ALL: "C",
  DEBIAN_FRONTEND: "noninteractive",
};

/** Roots with the same packages; each starts as bare as the first. */
export class DebianRoots implements AsyncDisposable {
  readonly #home: string;
  readonly #roots: DebianRoot[] = [];

  private constructor(home: string) {
    this.#home = home;
  }

  static async create(packages: readonly string[]): Promise<DebianRoots> {
    const home = mkdtempSync(join(tmpdir(), "hawser-debian-"));
    await makeLayer(join(home, "layer"), packages);
    return new DebianRoots(home);
  }

  /** A root whose own files take at most so much. */
  async root(size = "1g"): Promise<DebianRoot> {
    const own = mkdtempSync(join(this.#home, "root-"));
    const root = await DebianRoot.mount(own, join(this.#home, "layer"), size);
    this.#roots.push(root);
    return root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const root of this.#roots) await root.unmount();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** One root: what is written in it lies in memory. */
export class DebianRoot {
  readonly path: string;
  /** The file system that holds what is written. */
  readonly own: string;

  private constructor(own: string) {
    this.own = own;
    this.path = join(own, "root");
  }

  static async mount(own: string, layer: string, size: string): Promise<DebianRoot> {
    const root = new DebianRoot(own);
    await must(["mount", "-t", "tmpfs", "-o", `size=${size}`, "none", own]);
    for (const name of ["upper", "work", "root"]) mkdirSync(join(own, name));
    const layers = `lowerdir=${layer},upperdir=${own}/upper,workdir=${own}/work`;
    await must(["mount", "-t", "overlay", "-o", layers, "none", root.path]);
    await must(["mount", "-t", "tmpfs", "none", join(root.path, "run")]);
    await must(["mount", "-t", "tmpfs", "none", join(root.path, "tmp")]);
    await must(["mount", "-t", "proc", "proc", join(root.path, "proc")]);
    await must(["mount", "-t", "sysfs", "none", join(root.path, "sys")]);
    await root.#makeDevices();
    return root;
  }

  /** Not those of the machine, which systemd would look after. */
  async #makeDevices(): Promise<void> {
    await must(["mount", "-t", "tmpfs", "none", this.at("dev")]);
    for (const name of DEVICES) {
      if (!existsSync(`/dev/${name}`)) continue;
      mkdirSync(dirname(this.at(`dev/${name}`)), { recursive: true });
      writeFileSync(this.at(`dev/${name}`), "");
      await must(["mount", "--bind", `/dev/${name}`, this.at(`dev/${name}`)]);
    }
    mkdirSync(this.at("dev/pts"));
    mkdirSync(this.at("dev/shm"));
    await must([
      "mount",
      "-t",
      "devpts",
      "-o",
      "newinstance,ptmxmode=0666",
      "none",
      this.at("dev/pts"),
    ]);
    symlinkSync("pts/ptmx", this.at("dev/ptmx"));
    symlinkSync("/proc/self/fd", this.at("dev/fd"));
  }

  /** A path of this root, as the test sees it. */
  at(path: string): string {
    return join(this.path, path);
  }

  has(path: string): boolean {
    return lstatSync(this.at(path), { throwIfNoEntry: false }) !== undefined;
  }

  /** What follows `chroot`, and anything else that enters the root. */
  enter(argv: readonly string[]): string[] {
    return ["chroot", this.path, ...argv];
  }

  async attempt(...argv: readonly string[]): Promise<RunAnswer> {
    return await run(this.enter(argv), { env: ROOT_ENVIRONMENT });
  }

  async must(...argv: readonly string[]): Promise<string> {
    return await must(this.enter(argv), { env: ROOT_ENVIRONMENT });
  }

  /** Everything that was written since the root was made, but for what is below /run, /tmp and dpkg's own. */
  written(): string[] {
    return writtenBelow(join(this.own, "upper"), "").filter((path) => {
      return !/^\/(?:run|tmp|proc|var\/lib\/dpkg|var\/log)(?:\/|$)/.test(path);
    });
  }

  async unmount(): Promise<void> {
    await run(["umount", "--lazy", this.path]);
    await run(["umount", "--lazy", this.own]);
  }
}

function writtenBelow(dir: string, path: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const own = `${path}/${entry.name}`;
    return entry.isDirectory() ? writtenBelow(join(dir, entry.name), own) : [own];
  });
}
