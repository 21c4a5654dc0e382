import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { cnitoolMissing, GO_CNITOOL } from "./go-cnitool.ts";

/** One of the two programs of that name. */
export interface Cnitool {
  readonly name: "Go's cnitool" | "our cnitool";
  readonly path: string;
}

export const THEIRS: Cnitool = { name: "Go's cnitool", path: GO_CNITOOL };
export const OURS: Cnitool = { name: "our cnitool", path: join(hawserPlugins().dir, "cnitool") };

/** What these tests lack on this machine; undefined when nothing. */
export function missing(): string | undefined {
  return cnitoolMissing() ?? hawserPlugins().missing;
}

/**
 * The error alone. Go's program tells it, then how the program is called, then the error again; ours
 * tells it once. Where either does otherwise, all that it said stands in the answer.
 */
export function errorOf(tool: Cnitool, stderr: string): string {
  const [whole, text = "", usage = ""] =
    /^Error: (.*?)\n((?:Usage:|Run 'cnitool --help').*)$/s.exec(stderr) ?? [];
  const isTwice = usage.endsWith(`\n${text}\n`);
  if (whole === undefined || isTwice !== (tool === THEIRS)) return stderr;
  // Go's program guesses at what was meant.
  return `Error: ${text.replace(/\n\nDid you mean this\?\n.*$/s, "")}\n`;
}

/** What is said beside the words; a variable that is undefined is unset. */
export interface CallOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A directory of network configurations, and calls of either program that read it. */
export class ConfDir {
  readonly path: string = mkdtempSync(join(tmpdir(), "hawser-net.d-"));

  /** Puts a network into the directory. */
  write(list: Conflist): void {
    writeFileSync(join(this.path, `${list.name}.conflist`), JSON.stringify(list));
  }

  /** Runs one of the programs with our plugins; a failure is an answer. */
  async call(
    tool: Cnitool,
    words: readonly string[],
    { env = {}, cwd = this.path }: CallOptions = {},
  ): Promise<RunAnswer> {
    const all = {
      ...ownEnvironment(),
      NETCONFPATH: this.path,
      CNI_PATH: hawserPlugins().dir,
      ...env,
    };
    const defined = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    return await run([tool.path, ...words], { env: Object.fromEntries(defined), cwd });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
