import type { Socket } from "bun";

/** One connection to a server that says again what it hears; it is open until it is closed here. */
export class Echo {
  #heard = "";
  #socket: Socket | undefined;
  #isClosed = false;

  private constructor() {}

  static async open(hostname: string, port: number): Promise<Echo> {
    const echo = new Echo();
    for (let tries = 0; echo.#socket === undefined; tries += 1) {
      try {
        echo.#socket = await Bun.connect({
          ...{ hostname, port },
          socket: {
            data(_, bytes) {
              echo.#heard += bytes.toString();
            },
            close() {
              echo.#isClosed = true;
            },
          },
        });
      } catch (error) {
        if (tries === TRIES) throw error;
        await Bun.sleep(PAUSE_MS);
      }
    }
    return echo;
  }

  /** Says a line, and gives the one that comes back. */
  async say(line: string): Promise<string> {
    this.#socket?.write(`${line}\n`);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const end = this.#heard.indexOf("\n");
      if (end >= 0) {
        const answer = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 1);
        return answer;
      }
      if (this.#isClosed) throw new Error("the connection was closed");
      await Bun.sleep(PAUSE_MS);
    }
    throw new Error("no answer");
  }

  close(): void {
    this.#socket?.end();
  }
}

const TRIES = 40;
const PAUSE_MS = 50;
