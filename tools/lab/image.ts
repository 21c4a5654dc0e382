import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { findProgram } from "./apt.ts";
import type { Entry } from "./cpio.ts";
import type { Kernel } from "./kernel.ts";

/** Collects what the lab's machine holds: parents before children, each name once. */
export class Image {
  readonly #entries = new Map<string, Entry>();

  /** The names in the order in which they are to be unpacked. */
  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  directory(path: string): void {
    if (path === "/" || this.#entries.has(path)) return;
    this.directory(dirname(path));
    this.#entries.set(path, { kind: "directory", path });
  }

  /** A file with this text. */
  text(path: string, text: string, executable = false): void {
    this.#put({ kind: "file", path, content: new TextEncoder().encode(text), executable });
  }

  link(path: string, target: string): void {
    this.#put({ kind: "link", path, target });
  }

  /**
   * What stands on this machine, at the same path or at another: a file, a directory with all that
   * is in it, or a symbolic link with what it points to. What is not there, or is not ours to read,
   * is left out.
   */
  copy(from: string, path: string = from, wanted: (path: string) => boolean = () => true): void {
    const stat = lstatSync(from, { throwIfNoEntry: false });
    if (stat === undefined || this.#isThere(path) || !wanted(from)) return;
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(from);
      this.link(path, target);
      if (from === path) this.copy(canonical(resolve(dirname(from), target)));
    } else if (stat.isDirectory()) {
      this.directory(path);
      for (const name of readdirSync(from)) this.copy(join(from, name), join(path, name), wanted);
    } else if (stat.isFile()) {
      const executable = (stat.mode & 0o111) !== 0;
      this.#put({ kind: "file", path, content: readFileSync(from), executable });
    }
  }

  /** A program by its name or path, with the libraries that it is linked with. */
  program(name: string): void {
    const found = name.startsWith("/") ? name : findProgram(name);
    if (found === undefined || statSync(found, { throwIfNoEntry: false }) === undefined) return;
    const path = canonical(found);
    this.copy(path);
    for (const library of librariesOf(path)) this.copy(canonical(library));
  }

  #isThere(path: string): boolean {
    const there = this.#entries.get(path);
    return there !== undefined && there.kind !== "directory";
  }

  #put(entry: Entry): void {
    if (!this.#entries.has(entry.path)) {
      this.directory(dirname(entry.path));
      this.#entries.set(entry.path, entry);
    }
  }
}

/** The path with its directory resolved, and the last name as it is. */
function canonical(path: string): string {
  const directory = dirname(path);
  return statSync(directory, { throwIfNoEntry: false }) === undefined
    ? path
    : join(realpathSync(directory), path.slice(path.lastIndexOf("/") + 1));
}

/** What the dynamic linker would load; nothing for a static program or a script. */
function librariesOf(path: string): string[] {
  const { stdout } = Bun.spawnSync(["ldd", path], { stdin: "ignore", stderr: "ignore" });
  return librariesIn(stdout.toString());
}

/** The paths in what `ldd` says. */
export function librariesIn(text: string): string[] {
  return [...text.matchAll(/(?:^\s*|=> )(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
}

const MODULES = /\/kernel\/(net|lib|crypto|arch|drivers\/(net|virtio))(\/|$)/;

/** The kernel's modules, as far as they have to do with networks. */
export function addModules(image: Image, { root, release }: Kernel): void {
  const from = join(root, "lib/modules", release);
  image.copy(from, join("/usr/lib/modules", release), (path) => {
    return !path.endsWith(".ko") || MODULES.test(path);
  });
}
