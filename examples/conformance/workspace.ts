import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../tests/support/exec.ts";
import { ROOT } from "../../tools/test/files.ts";

/** A directory as an author of a plugin has it, in which tests do what the page and the workflow say. */
export class Workspace implements Disposable {
  readonly dir: string;
  /** In front of the search path: programs that stand in for others. */
  readonly #programs: string;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "author-"));
    this.#programs = join(this.dir, ".programs");
    for (const name of ["bin", "conformance", ".programs"]) mkdirSync(join(this.dir, name));
    symlinkSync(join(ROOT, "dist"), join(this.dir, "dist"));
    for (const name of ["subject.json", "known-failures.txt"]) {
      const text = readFileSync(join(import.meta.dir, name), "utf8");
      this.write(join("conformance", name), quickly(text));
    }
  }

  /** Makes the plugin: a program of another name that is Hawser's bridge. */
  makePlugin(): void {
    const bridge = join(ROOT, "dist/cni/bridge");
    this.write("bin/my-plugin", `#!/bin/sh\nexec '${bridge}' "$@"\n`, 0o755);
  }

  write(path: string, text: string, mode = 0o644): void {
    writeFileSync(join(this.dir, path), text, { mode });
    chmodSync(join(this.dir, path), mode);
  }

  /** Lets a shell script stand in for a program. */
  replace(program: string, script: string): void {
    this.write(join(".programs", program), `#!/bin/sh\n${script}\n`, 0o755);
  }

  /** Runs a line of the page, which has to succeed; `dist` is that of the repository. */
  async type(line: string): Promise<void> {
    await must(["sh", "-c", line], { cwd: this.dir, timeoutMs: 150_000 });
  }

  get path(): string {
    return [this.#programs, process.env["PATH"] ?? ""].join(":");
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The quick profile in the place of the full one, which a test would wait for too long. */
export function quickly(text: string): string {
  return text
    .replaceAll("--profile full", "--profile quick")
    .replace("profile: full", "profile: quick");
}
