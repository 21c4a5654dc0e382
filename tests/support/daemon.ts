import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runPlugin } from "./chain.ts";
import { until } from "./until.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** The entry programs that `npm run build` makes, and the full executable. */
export const ENTRIES: string = join(DIST, "entry");
export const EXECUTABLE: string = join(DIST, "hawser");
export const FULL: string = join(DIST, "cni");
export const SOCKET = "/run/hawser/daemon.sock";

/** Why tests of them cannot run; undefined when they can. */
export function entriesMissing(): string | undefined {
  if (!existsSync(EXECUTABLE) || !existsSync(join(ENTRIES, "bridge"))) return "npm run build";
  return lstatSync(join(ENTRIES, "bridge")).isFile() ? undefined : "cc";
}

/** A line of the daemon's log. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [name: string]: unknown;
}

/** A daemon in this process's namespaces. */
export class TestDaemon implements AsyncDisposable {
  readonly process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly log: LogLine[] = [];
  readonly #read: Promise<void>;

  private constructor(process: Bun.Subprocess<"ignore", "ignore", "pipe">) {
    this.process = process;
    this.#read = this.#follow();
  }

  /** Starts one and waits until it listens; `command` is what starts the executable. */
  static async start(
    words: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    command: readonly string[] = [EXECUTABLE],
  ): Promise<TestDaemon> {
    const daemon = new TestDaemon(
      Bun.spawn([...command, "daemon", ...words], {
        env: { PATH: process.env["PATH"] ?? "", ...env },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      }),
    );
    await daemon.logged("listening");
    return daemon;
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Waits for a line of the log. */
  async logged(event: string, count: number = 1): Promise<LogLine> {
    const line = (): LogLine | undefined =>
      this.log.filter((each) => each.event === event)[count - 1];
    const told = (): string => `${event} in the daemon's log: ${JSON.stringify(this.log)}`;
    await until(told, () => {
      if (line() !== undefined) return true;
      if (this.process.exitCode === null) return false;
      throw new Error(`it has ended without ${told()}`);
    });
    return line() as LogLine;
  }

  /** The calls that it has served, as `bridge ADD`. */
  get calls(): string[] {
    return this.log
      .filter(({ event }) => event === "call")
      .map((line) => `${String(line["plugin"])} ${String(line["operation"])}`);
  }

  /** The calls that it has served, once they are so many: a caller knows before the log does. */
  async served(count: number): Promise<string[]> {
    await this.logged("call", count);
    return this.calls;
  }

  /** Asks it to end; gives its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    this.process.kill(signal);
    const code = await this.process.exited;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null) await this.end("SIGKILL");
  }

  async #follow(): Promise<void> {
    let rest = "";
    for await (const chunk of this.process.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const json: unknown = line.startsWith("{") ? JSON.parse(line) : { event: line };
        this.log.push(json as LogLine);
      }
    }
  }
}

/** Runs plugins as `runPlugin` does, with more variables of their environment. */
export function runningWith(env: Readonly<Record<string, string>>): typeof runPlugin {
  return async (dir, type, config, own, ...rest) =>
    await runPlugin(dir, type, config, { ...own, ...env }, ...rest);
}
