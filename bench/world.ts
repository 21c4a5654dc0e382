import { fileURLToPath } from "node:url";
import type { Answer, Argument, Asked, Name } from "./inside/handlers.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** A worker process in its own network and mount namespaces, which does what it is asked to. */
export class World {
  readonly #title: string;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  private constructor(title: string) {
    this.#title = title;
    // A user other than root gets a user namespace in which it is root.
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const argv = ["unshare", ...user, "--net", "--mount", process.execPath, WORKER];
    this.#child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#lines = lines(this.#child.stdout);
  }

  /** Starts the worker and waits until it is ready. */
  static async open(title: string): Promise<World> {
    const world = new World(title);
    await world.#answer();
    return world;
  }

  /** Has the worker do something; its failure is thrown here. */
  async ask<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
    const asked: Asked<N> = { name, argument };
    await this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    await this.#child.stdin.flush();
    return (await this.#answer()) as Answer<N>;
  }

  /** Ends the worker; its namespaces end with it. */
  async close(): Promise<void> {
    await this.#child.stdin.end();
    await this.#child.exited;
  }

  async #answer(): Promise<unknown> {
    const next = await this.#lines.next();
    if (next.done === true) {
      throw new Error(`${this.#title}: the worker ended (its message stands above)`);
    }
    const said = JSON.parse(next.value) as { answer?: unknown; error?: string };
    if (said.error !== undefined) throw new Error(`${this.#title}: ${said.error}`);
    return said.answer;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true });
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
