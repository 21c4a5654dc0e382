import type { Connection } from "./connection.ts";
import { passwordOf } from "./credentials.ts";
import { judge } from "./judge.ts";
import type { EtcdOptions } from "./options.ts";

/** What a call carries beside its message. */
export type Headers = Record<string, string>;

/** The token of the configured user, asked for once and again when etcd does not know it any more. */
export class Token {
  readonly #options: EtcdOptions;
  #asking: Promise<string | undefined> | undefined;

  constructor(options: EtcdOptions) {
    this.#options = options;
  }

  /** Without a user, or where etcd knows no users, there is none. */
  async headers(connection: Connection, timeoutMs: number): Promise<Headers> {
    // A member that has lost the majority refuses at once, in place of waiting.
    const headers: Headers = { hasleader: "true" };
    if (this.#options.user === undefined) return headers;
    this.#asking ??= this.#ask(this.#options.user, connection, timeoutMs);
    const asking = this.#asking;
    try {
      const token = await asking;
      return token === undefined ? headers : { ...headers, token };
    } catch (error) {
      this.forget(asking);
      throw error;
    }
  }

  /** The next call asks for a new one. */
  forget(asking: Promise<string | undefined> | undefined = this.#asking): void {
    if (this.#asking === asking) this.#asking = undefined;
  }

  async #ask(name: string, connection: Connection, timeoutMs: number): Promise<string | undefined> {
    const password = passwordOf(this.#options);
    try {
      const { token } = await connection.auth.authenticate({ name, password }, { timeoutMs });
      return token;
    } catch (error) {
      if (judge(error).text.includes("authentication is not enabled")) return undefined;
      throw error;
    }
  }
}
