import { createColors } from "picocolors";
import { defined } from "../base/index.ts";
import {
  type CallOptions,
  type LoadedNetwork,
  Runtime,
  type RuntimeOptions,
} from "../runtime/index.ts";
import { CniError, type JsonObject, type NetworkConfig, printJson } from "../spec/index.ts";
import { ConfigError, failureJson, tellFailure } from "./failure.ts";
import { type CliIo, ExitCode } from "./io.ts";
import { Progress } from "./progress.ts";
import { recordingExecutor } from "./recorded.ts";
import { Account } from "./report.ts";
import { type CommonOptions, findNetwork, pluginDirs, UsageError } from "./request.ts";

/** One call of a command: its runtime, and what it prints for people and for programs. */
export class Session {
  readonly io: CliIo;
  readonly options: CommonOptions;
  readonly dirs: readonly string[];
  readonly account: Account;
  readonly #progress: Progress;

  constructor(io: CliIo, options: CommonOptions) {
    this.io = io;
    this.options = options;
    this.dirs = pluginDirs(io, options);
    this.account = new Account(options.json === true ? undefined : io.stdout);
    this.#progress = new Progress(io.stderr);
  }

  get call(): CallOptions {
    return { signal: this.io.signal };
  }

  get json(): boolean {
    return this.options.json === true;
  }

  /**
   * Loads the network; what an administrator should know is printed as a warning.
   * @throws ConfigError
   */
  network(name: string): LoadedNetwork {
    try {
      const found = findNetwork(this.io, name, this.options);
      for (const text of found.warnings) this.warn(text);
      return found;
    } catch (error) {
      throw new ConfigError(CniError.from(error));
    }
  }

  runtime(more: Partial<RuntimeOptions> = {}): Runtime {
    const { cacheDir, timeout } = this.options;
    return new Runtime({
      pluginDirs: this.dirs,
      executor: recordingExecutor(this.io.program, { env: this.io.env, by: "hawser" }),
      env: this.io.env,
      ...defined({ cacheDir, timeoutMs: timeout }),
      onPluginStart: ({ operation, type }) => this.#progress.start(`${operation} of ${type}`),
      onStep: (step) => this.account.step(step),
      onPlugin: (report) => {
        this.#progress.stop();
        this.account.plugin(report);
      },
      onStderr: (text, { type }) => this.#plugin(type, text),
      onWarning: (text) => this.warn(text),
      ...more,
    });
  }

  /** A line for people; nothing when the answer is for programs. */
  say(text: string): void {
    if (!this.json) this.io.stdout.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#progress.stop();
    this.io.stderr.write(`${createColors(this.io.stderr.color).yellow("warning:")} ${text}\n`);
  }

  /** The answer for programs; nothing when it is for people. */
  answer(value: JsonObject): void {
    if (this.json) this.io.stdout.write(`${printJson(value, 2)}\n`);
  }

  /** Does the work of a command; what it throws is printed, and becomes the exit code. */
  async run(work: () => Promise<void>): Promise<number> {
    try {
      await work();
      return ExitCode.DONE;
    } catch (thrown) {
      this.#progress.stop();
      if (!(thrown instanceof UsageError)) {
        this.answer({ plugins: this.account.toJson(), error: failureJson(thrown) });
      }
      return tellFailure(this.io, thrown, this.json);
    } finally {
      this.#progress.stop();
    }
  }

  #plugin(type: string, text: string): void {
    this.#progress.stop();
    const lines = text.trimEnd().split("\n");
    this.io.stderr.write(lines.map((line) => `${type}: ${line}\n`).join(""));
  }
}

/** What every answer for programs begins with. */
export function heading(operation: string, network: NetworkConfig): JsonObject {
  return { operation, network: network.name, cniVersion: network.cniVersion };
}
