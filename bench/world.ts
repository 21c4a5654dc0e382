import { fileURLToPath } from "node:url";
import type { Contender } from "./contender.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Times of one round in milliseconds. */
export interface Round {
  readonly add: number;
  readonly del: number;
}

/** A contender's worker process in its own namespaces. */
export class World {
  readonly contender: Contender;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  private constructor(contender: Contender) {
    this.contender = contender;
    // Who is not root gets a user namespace in which it is.
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const way = JSON.stringify(contender.how);
    const argv = ["unshare", ...user, "--net", "--mount", process.execPath, WORKER, way];
    this.#child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#lines = lines(this.#child.stdout);
  }

  /** Starts the worker and waits until it is ready. */
  static async open(contender: Contender): Promise<World> {
    const world = new World(contender);
    await world.#answer();
    return world;
  }

  /** Runs one ADD and one DEL. */
  async round(): Promise<Round> {
    await this.#child.stdin.write("go\n");
    await this.#child.stdin.flush();
    return (await this.#answer()) as Round;
  }

  /** Ends the worker; its namespaces end with it. */
  async close(): Promise<void> {
    await this.#child.stdin.end();
    await this.#child.exited;
  }

  async #answer(): Promise<unknown> {
    const next = await this.#lines.next();
    if (next.done === true) {
      throw new Error(`${this.contender.title}: the worker ended (its message stands above)`);
    }
    return JSON.parse(next.value) as unknown;
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
