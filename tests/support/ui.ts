/** `hawser ui` as a test asks it. */
import { EXECUTABLE } from "./daemon.ts";

export interface UiOptions {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The program and its first words, where it is not the built one alone. */
  readonly program?: readonly string[];
}

/** What `hawser ui --json` says when it listens. */
interface Begun {
  readonly address: string;
  readonly token: string;
  readonly socket?: string;
}

/** A page's server that runs. */
export class Ui implements AsyncDisposable {
  readonly origin: string;
  readonly token: string;
  readonly socket: string | undefined;
  readonly pid: number;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;

  private constructor(child: Bun.Subprocess<"ignore", "pipe", "pipe">, begun: Begun) {
    this.#child = child;
    this.pid = child.pid;
    this.origin = begun.address.split("/#", 1)[0] ?? "";
    this.token = begun.token;
    this.socket = begun.socket;
  }

  /** Resolves when it listens. @throws when it ends before */
  static async start({
    words = [],
    env = {},
    program = [EXECUTABLE],
  }: UiOptions = {}): Promise<Ui> {
    const child = Bun.spawn([...program, "ui", "--json", ...words], {
      argv0: "hawser",
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("\n}\n")) break;
    }
    const begun = text === "" ? undefined : (JSON.parse(text) as Partial<Begun>);
    if (begun?.address === undefined || begun.token === undefined) {
      throw new Error(`hawser ui did not begin: ${text}${await new Response(child.stderr).text()}`);
    }
    return new Ui(child, begun as Begun);
  }

  /** Asks for a path of this server; with the token, unless the headers have another. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${this.token}`);
    const unix = this.socket === undefined ? {} : { unix: this.socket };
    return await fetch(`${this.origin}${path}`, { ...init, headers, ...unix });
  }

  /** The answer of a resource. @throws when it is an error */
  async read<T = unknown>(path: string): Promise<T> {
    const response = await this.ask(`/api/1/${path}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Ends it by a signal; gives its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    this.#child.kill(signal);
    return await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
