import { Connection } from "./connection.ts";
import type { Certificates } from "./credentials.ts";

/** The members of etcd that are known, each with one connection at most that takes new calls. */
export class Endpoints {
  readonly urls: readonly string[];
  readonly #certificates: Certificates | undefined;
  readonly #connections: Map<string, Connection> = new Map();
  /** Those with older certificates, which watches may still use. */
  readonly #retired: Set<Connection> = new Set();
  #current: number;

  constructor(urls: readonly string[], certificates: Certificates | undefined) {
    this.urls = urls;
    this.#certificates = certificates;
    // Not all nodes of a fleet begin with the first member.
    this.#current = Math.floor(Math.random() * urls.length);
  }

  /** The one that answered last, as far as is known. */
  get current(): string {
    return this.urls[this.#current % this.urls.length] ?? "";
  }

  /** After a failure of an endpoint; nothing changes where another caller has moved on already. */
  moveOn(from: string): void {
    if (this.current === from) this.#current = (this.#current + 1) % this.urls.length;
  }

  /** The connection to an endpoint, not opened yet when it is new. */
  connection(endpoint: string): Connection {
    const known = this.#connections.get(endpoint);
    if (known !== undefined) {
      const isRenewed = known.stamp !== (this.#certificates?.stamp ?? "");
      if (!known.isOver && !isRenewed) return known;
      if (!known.isOver) this.#retired.add(known);
    }
    for (const one of this.#retired) if (one.isOver) this.#retired.delete(one);
    const connection = new Connection(endpoint, this.#certificates);
    this.#connections.set(endpoint, connection);
    return connection;
  }

  /** Ends a connection that does not answer. */
  drop(connection: Connection): void {
    if (this.#connections.get(connection.endpoint) === connection) {
      this.#connections.delete(connection.endpoint);
    }
    this.#retired.delete(connection);
    connection.close();
  }

  close(): void {
    for (const one of [...this.#connections.values(), ...this.#retired]) one.close();
    this.#connections.clear();
    this.#retired.clear();
  }
}
