import { createColors } from "picocolors";
import { defined } from "../base/index.ts";
import {
  type CallOptions,
  ChainError,
  type LoadedNetwork,
  Runtime,
  type RuntimeOptions,
} from "../runtime/index.ts";
import {
  CniError,
  ErrorCode,
  type JsonObject,
  type NetworkConfig,
  printJson,
} from "../spec/index.ts";
import { ConfigError, ExplainedError, failureJson, tellFailure } from "./failure.ts";
import { type CliIo, ExitCode } from "./io.ts";
import { placeOfKey } from "./place.ts";
import { Progress } from "./progress.ts";
import { recordingExecutor } from "./recorded.ts";
import { Account } from "./report.ts";
import { type CommonOptions, findNetwork, pluginDirs } from "./request.ts";

/** One call of a command: its runtime, and what it prints for people and for programs. */
export class Session {
  readonly io: CliIo;
  readonly options: CommonOptions;
  readonly dirs: readonly string[];
  readonly account: Account;
  readonly #progress: Progress;
  /** What every answer begins with, and an error's as well: as much as is known by then. */
  #subject: JsonObject;
  #loaded: LoadedNetwork | undefined;

  /** @param operation what answers for programs call the command */
  constructor(io: CliIo, options: CommonOptions, operation: string) {
    this.io = io;
    this.#subject = { operation };
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

  /** Adds to what every answer begins with. */
  about(more: JsonObject): void {
    this.#subject = { ...this.#subject, ...more };
  }

  /**
   * Loads the network; what an administrator should know is printed as a warning.
   * @throws ConfigError
   */
  network(name: string): LoadedNetwork {
    this.about({ network: name });
    try {
      const found = findNetwork(this.io, name, this.options);
      for (const text of found.warnings) this.warn(text);
      this.#loaded = found;
      this.#aboutNetwork(found.config);
      return found;
    } catch (error) {
      throw new ConfigError(CniError.from(error));
    }
  }

  /**
   * The same for what is attached already: when the file is gone, or cannot be read, the configuration
   * of the latest ADD takes its place.
   * @throws ConfigError
   */
  networkOrRemembered(name: string, runtime: Runtime): NetworkConfig {
    try {
      return this.network(name).config;
    } catch (error) {
      const remembered = name.includes("/") ? undefined : rememberedOf(runtime, name);
      if (remembered === undefined) throw error;
      this.warn(`${(error as Error).message}; the configuration of the latest add is used`);
      this.#aboutNetwork(remembered);
      return remembered;
    }
  }

  #aboutNetwork({ name, cniVersion }: NetworkConfig): void {
    this.about({ network: name, cniVersion });
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

  /** The answer for programs, made for them alone where it is a function; nothing when it is for people. */
  answer(value: JsonObject | (() => JsonObject)): void {
    if (!this.json) return;
    const more = typeof value === "function" ? value() : value;
    this.io.stdout.write(`${printJson({ ...this.#subject, ...more }, 2)}\n`);
  }

  /** Does the work of a command; what it throws is printed, and becomes the exit code. */
  async run(work: () => Promise<void>): Promise<number> {
    try {
      await work();
      return ExitCode.DONE;
    } catch (thrown) {
      this.#progress.stop();
      const located = this.#located(thrown);
      this.answer({ plugins: this.account.toJson(), error: failureJson(located, this.io) });
      return tellFailure(this.io, located, this.json);
    } finally {
      this.#progress.stop();
    }
  }

  /** Shows the line of the configuration that a plugin finds fault with, where its message names the key. */
  #located(thrown: unknown): unknown {
    const error = CniError.from(thrown);
    if (!(error instanceof ChainError) || this.#loaded === undefined) return thrown;
    if (error.code !== ErrorCode.INVALID_NETWORK_CONFIG) return thrown;
    const place = placeOfKey(this.#loaded, error.position, error.plugin.msg);
    return new ExplainedError(thrown, { place });
  }

  #plugin(type: string, text: string): void {
    this.#progress.stop();
    const lines = text.trimEnd().split("\n");
    this.io.stderr.write(lines.map((line) => `${type}: ${line}\n`).join(""));
  }
}

/** The configuration of the latest ADD to a network; undefined when none is known. */
export function rememberedOf(runtime: Runtime, name: string): NetworkConfig | undefined {
  try {
    return runtime.cachedNetwork(name);
  } catch {
    return undefined; // a cache that cannot be read has nothing to tell
  }
}
