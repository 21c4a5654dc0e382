import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Our plugins as executables: programs of a few lines that serve the plugin of their name. */
export class OwnExecutables implements Disposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), "own-plugins-"));

  constructor(...types: string[]) {
    const source = fileURLToPath(new URL("../../src", import.meta.url));
    for (const type of types) {
      const path = join(this.dir, type);
      writeFileSync(
        path,
        `#!${process.execPath}
import { main } from ${JSON.stringify(`${source}/plugin/index.ts`)};
import { plugin } from ${JSON.stringify(`${source}/plugins/${type}/index.ts`)};
import { ownExecutor } from ${JSON.stringify(`${source}/plugins/registry/index.ts`)};
await main(plugin, undefined, { executor: ownExecutor("/nonexistent/hawser") });
`,
      );
      chmodSync(path, 0o755);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true });
  }
}
