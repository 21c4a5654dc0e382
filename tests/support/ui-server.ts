import { EXECUTABLE } from "./daemon.ts";

/** `hawser ui`, as it was started. */
export class UiServer implements AsyncDisposable {
  /** With the token, as it is to be opened. */
  readonly address: string;
  readonly token: string;
  readonly #process: Bun.Subprocess<"ignore", "pipe", "inherit">;

  private constructor(
    process: Bun.Subprocess<"ignore", "pipe", "inherit">,
    { address, token }: { readonly address: string; readonly token: string },
  ) {
    this.#process = process;
    this.address = address;
    this.token = token;
  }

  /** Starts one and waits until it says its address. @throws Error when it ends instead */
  static async start(
    env: Readonly<Record<string, string>>,
    words: readonly string[] = [],
  ): Promise<UiServer> {
    const process = Bun.spawn([EXECUTABLE, "ui", "--json", ...words], {
      ...{ env: { ...env }, stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    });
    let text = "";
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.trimEnd().endsWith("}")) break;
    }
    const said = JSON.parse(text) as { address?: string; token?: string };
    if (said.address === undefined || said.token === undefined) throw new Error(text);
    return new UiServer(process, { address: said.address, token: said.token });
  }

  get origin(): string {
    return new URL(this.address).origin;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Asks it to end, as Ctrl-C does; gives its exit code. */
  async end(signal: NodeJS.Signals = "SIGINT"): Promise<number> {
    this.#process.kill(signal);
    return await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) await this.end("SIGKILL");
  }
}
