import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstallRequest } from "../../src/install/index.ts";

/** The plugins of the small releases that tests install. */
export const SOME_PLUGINS: readonly string[] = ["bridge", "host-local", "loopback"];

/** A script in the place of an executable; it answers VERSION. */
export function programText(release: string): string {
  const answer = '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}';
  return `#!/bin/sh\n# release ${release}\necho '${answer}'\n`;
}

/** An entry program, as far as an installation looks at it. */
export function entryProgram(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A network over SOME_PLUGINS. */
export function networkText(release: string): string {
  const bridge = { type: "bridge", bridge: release, ipam: { type: "host-local" } };
  return JSON.stringify({ cniVersion: "1.0.0", name: "nodenet", plugins: [bridge] });
}

/** Directories of a node, and releases of Hawser that are as small as they can be. */
export class Node implements Disposable {
  readonly home: string;
  readonly binDir: string;
  readonly confDir: string;
  readonly unitDir: string;
  readonly stateDir: string;
  readonly #ownsHome: boolean;

  constructor(home?: string) {
    this.#ownsHome = home === undefined;
    this.home = home ?? mkdtempSync(join(tmpdir(), "hawser-install-"));
    this.binDir = join(this.home, "bin");
    this.confDir = join(this.home, "net.d");
    this.unitDir = join(this.home, "units");
    this.stateDir = join(this.home, "state");
  }

  /** What installs the release: executable, links, and a network's configuration. */
  request(release: string, more: Partial<InstallRequest> = {}): InstallRequest {
    const place = join(this.home, `release-${release}`);
    mkdirSync(place, { recursive: true });
    const program = join(place, "hawser");
    writeFileSync(program, programText(release), { mode: 0o755 });
    const conflist = join(place, "10-node.conflist");
    writeFileSync(conflist, networkText(release));
    return {
      ...{ program, version: release, state: this.state(1), plugins: SOME_PLUGINS },
      ...{ binDir: this.binDir, confDir: this.confDir, conflist, replace: false },
      ...more,
    };
  }

  /** What a release keeps of attachments, in a format, and where. */
  state(format: number): InstallRequest["state"] {
    return { format, cacheDirs: [join(this.home, "cache")], stateDir: this.stateDir };
  }

  /** The file of a plugin in the plugin directory. */
  bin(name: string): string {
    return join(this.binDir, name);
  }

  /** The text of a file in the plugin directory, links followed. */
  read(name: string): string {
    return readFileSync(this.bin(name), "utf8");
  }

  /** Puts a plugin that is not Hawser's into the plugin directory. */
  addForeign(name: string, text: string = `#!/bin/sh\necho foreign ${name}\n`): void {
    mkdirSync(this.binDir, { recursive: true });
    writeFileSync(this.bin(name), text, { mode: 0o755 });
  }

  /** The installed configuration. */
  get conflist(): string {
    return join(this.confDir, "10-node.conflist");
  }

  /** Every name in the plugin directory and the configuration's. */
  names(): string[] {
    return [this.binDir, this.confDir].flatMap((dir) => {
      try {
        return readdirSync(dir).sort();
      } catch {
        return [];
      }
    });
  }

  [Symbol.dispose](): void {
    if (this.#ownsHome) rmSync(this.home, { recursive: true, force: true });
  }
}
