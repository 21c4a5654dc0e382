import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { Certificates } from "./credentials.ts";
import { Auth, KV, Lease, Maintenance, Watch } from "./messages/etcd.ts";

/** An answer, or a message of a watch, that is larger is not read. */
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
/** A connection that carries nothing for so long is closed. */
const IDLE_MS = 15 * 60_000;

/** One connection to one member, for all calls and watches at a time. */
export class Connection {
  readonly endpoint: string;
  readonly kv: Client<typeof KV>;
  readonly lease: Client<typeof Lease>;
  readonly watch: Client<typeof Watch>;
  readonly auth: Client<typeof Auth>;
  readonly maintenance: Client<typeof Maintenance>;
  /** Of the certificates that it was opened with. */
  readonly stamp: string;
  /** When anything last came over it, by performance.now(). */
  heardAt: number = Number.NEGATIVE_INFINITY;
  /** When it last answered a linearizable read. */
  provedAt: number = Number.NEGATIVE_INFINITY;
  /** Of the member, once it was asked; empty when it did not say. */
  version: string | undefined;
  readonly #manager: Http2SessionManager;

  constructor(endpoint: string, certificates: Certificates | undefined) {
    this.endpoint = endpoint;
    this.stamp = certificates?.stamp ?? "";
    const session = { idleConnectionTimeoutMs: IDLE_MS };
    this.#manager = new Http2SessionManager(endpoint, session, { ...certificates?.read() });
    const transport = createGrpcTransport({
      baseUrl: endpoint,
      sessionManager: this.#manager,
      readMaxBytes: LARGEST_ANSWER_BYTES,
      acceptCompression: [],
      binaryOptions: { readUnknownFields: false },
    });
    this.kv = createClient(KV, transport);
    this.lease = createClient(Lease, transport);
    this.watch = createClient(Watch, transport);
    this.auth = createClient(Auth, transport);
    this.maintenance = createClient(Maintenance, transport);
  }

  /** Resolves when it is open; nothing has been asked over it then. */
  async open(): Promise<void> {
    if ((await this.#manager.connect()) === "error") throw this.#manager.error();
  }

  /** It has been open, and is no more: the next one has to be proved anew. */
  get isOver(): boolean {
    const state = this.#manager.state();
    return state === "closed" || state === "error";
  }

  /** Ends it, and all that waits for an answer. */
  close(): void {
    // Of another kind than "canceled": the manager takes that for a connection that may be opened again.
    this.#manager.abort(new ConnectError("the connection was given up", Code.Unavailable));
  }
}
