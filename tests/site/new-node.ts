import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coverTrees, Host } from "../support/host.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { ROOT } from "./typed.ts";

/** What is missing on this machine for a `NewNode`; undefined when nothing is. */
export function newNodeMissing(): string | undefined {
  // What is not there cannot be covered, and would be made on the machine's own disk.
  if (!existsSync("/etc/cni")) return "/etc/cni (podman has it)";
  return hawserPlugins().missing;
}

/** A node on which nothing of Hawser is yet, and a clone of the repository, built, where the reader stands. */
export class NewNode {
  readonly host: Host;
  readonly clone: string;

  private constructor(host: Host) {
    this.host = host;
    this.clone = mkdtempSync(join(tmpdir(), "hawser-guide-"));
    for (const name of ["dist", "examples"]) symlinkSync(join(ROOT, name), join(this.clone, name));
  }

  /** The clients are there by name alone: `hawser install` asks no more of them. */
  static async create(clients: readonly string[] = []): Promise<NewNode> {
    const host = await Host.create();
    await coverTrees(["/opt/cni", "/usr/local"]);
    mkdirSync("/usr/local/bin");
    for (const name of clients) writeFileSync(join("/usr/local/bin", name), "");
    return new NewNode(host);
  }

  close(): void {
    rmSync(this.clone, { recursive: true, force: true });
  }
}
