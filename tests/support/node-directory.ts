import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../src/spec/index.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { EXECUTABLE } from "./daemon.ts";

/** What an administrator has on a node: files of networks, and this checkout's plugins. */
export class NodeDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), "hawser-node-"));
  readonly plugins: string = join(this.path, "plugins");

  constructor() {
    mkdirSync(this.plugins);
    for (const type of PLUGIN_NAMES) symlinkSync(EXECUTABLE, join(this.plugins, type));
  }

  /** Where commands look, in their environment. */
  get env(): { readonly NETCONFPATH: string; readonly CNI_PATH: string } {
    return { NETCONFPATH: this.path, CNI_PATH: this.plugins };
  }

  /** Writes, or replaces, the file of a network. */
  network(
    name: string,
    plugins: readonly JsonObject[],
    { cniVersion = "1.1.0", file = `${name}.conflist` } = {},
  ): void {
    writeFileSync(join(this.path, file), JSON.stringify({ cniVersion, name, plugins }));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
