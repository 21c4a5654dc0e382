import { lstatSync } from "node:fs";
import { errnoName, errorText } from "../../base/index.ts";
import { answerPatiently, PathWatch, placeSocket } from "../accept/index.ts";
import type { Log } from "./log.ts";

/** The source of all answers. */
export interface StatusSource {
  readonly ready: () => boolean;
  /** The same as a stream, which tells each change. */
  readonly followReady: () => Response;
  readonly metrics: () => Promise<string>;
  /** Facts about the daemon, for `hawser daemon --status`. */
  readonly status: () => Promise<Readonly<Record<string, unknown>>>;
  /** Puts attachments right, and tells what came of each. */
  readonly sync: () => Promise<Readonly<Record<string, unknown>>>;
  /** Answers what is asked of the node: see src/api. */
  readonly api: (request: Request) => Promise<Response>;
}

/** Questions have no body. */
const BODY_MAX = 1024;
const TEXT = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
/** Pause between two tries to get an address that another process has. */
const RETRY_MS = 1000;

/**
 * Answers HTTP at a Unix socket, in a directory that only root may enter. A socket that something else
 * has removed or replaced is made again.
 */
export class StatusSocket implements Disposable {
  readonly #path: string;
  readonly #source: StatusSource;
  readonly #log: Log;
  #serving = new DisposableStack();

  /** @throws when the socket cannot be made */
  constructor(path: string, source: StatusSource, log: Log) {
    this.#path = path;
    this.#source = source;
    this.#log = log;
    this.#serve();
  }

  [Symbol.dispose](): void {
    this.#serving[Symbol.dispose]();
  }

  #serve(): void {
    const serving = new DisposableStack();
    const source = this.#source;
    this.#serving = serving;
    try {
      const placed = placeSocket(this.#path, (unix) => {
        const server = Bun.serve({
          unix,
          ...{ maxRequestBodySize: BODY_MAX, development: false },
          fetch: async (request, own) =>
            await answerPatiently(request, own, async () => await respondToRoot(request, source)),
        });
        serving.defer(() => void server.stop(true));
      });
      serving.use(placed);
    } finally {
      // After a failure this is what tries again.
      const watch = serving.use(new PathWatch(this.#path, () => isSocket(this.#path)));
      watch.lost.addEventListener("abort", () => this.#again());
    }
  }

  #again(): void {
    this.#serving[Symbol.dispose]();
    this.#log.warn("socket lost", { socket: this.#path });
    try {
      this.#serve();
    } catch (error) {
      this.#log.warn("no status", { socket: this.#path, reason: errorText(error) });
    }
  }
}

/** Where HTTP is answered, for programs that cannot use a Unix socket. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** @throws RangeError for what is not `address:port` */
export function parseEndpoint(text: string): Endpoint {
  const [, hostname = "", port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5})$/u.exec(text) ?? [];
  if (hostname !== "" && Number(port) <= 65535) return { hostname, port: Number(port) };
  throw new RangeError(`--metrics takes address:port, not ${JSON.stringify(text)}`);
}

/** Answers HTTP at an address. */
export class MetricsPort implements Disposable {
  readonly #endpoint: Endpoint;
  readonly #source: StatusSource;
  #server: Bun.Server<undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(endpoint: Endpoint, source: StatusSource) {
    this.#endpoint = endpoint;
    this.#source = source;
  }

  /** @throws when another process has the address */
  open(): void {
    this.#server ??= Bun.serve({
      ...this.#endpoint,
      // With NODE_ENV=production Bun's default would share the port with another process.
      reusePort: false,
      fetch: (request) => respond(request, this.#source),
    });
  }

  /** Opens as soon as the address is free. A daemon without metrics does more good than none. */
  openWhenFree(failed: (error: unknown) => void): void {
    try {
      this.open();
    } catch (error) {
      failed(error);
      this.#timer = setTimeout(() => this.openWhenFree(() => undefined), RETRY_MS);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    void this.#server?.stop(true);
  }
}

/** At the socket, which root alone can reach, the daemon tells more, and does something. */
async function respondToRoot(request: Request, source: StatusSource): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname.startsWith("/api/")) return await source.api(request);
  if (pathname === "/readyz" && search === "?follow") return source.followReady();
  if (pathname !== "/sync") return await respond(request, source);
  if (request.method === "POST") return Response.json(await source.sync());
  return new Response("sync is asked for by POST\n", { status: 405, headers: { allow: "POST" } });
}

async function respond(request: Request, source: StatusSource): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case "/healthz":
      return new Response("ok\n");
    case "/readyz":
      return source.ready()
        ? new Response("ready\n")
        : new Response("not ready\n", { status: 503 });
    case "/metrics":
      return new Response(await source.metrics(), { headers: TEXT });
    case "/status":
      return Response.json({ ready: source.ready(), ...(await source.status()) });
    default:
      return new Response("ask /healthz, /readyz, /metrics or /status\n", { status: 404 });
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
  } catch (error) {
    // Any error but this one leaves open what is there.
    return errnoName(error) !== "ENOTDIR";
  }
}

/** The answer to /status. */
export interface StatusAnswer {
  readonly ready: boolean;
  readonly [name: string]: unknown;
}

const ANSWER_MS = 5000;

/** Asks the daemon at a status socket; undefined when none answers. */
export async function askStatus(path: string): Promise<StatusAnswer | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch("http://daemon/status", { unix: path, signal });
    const answer: unknown = await response.json();
    return isStatus(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is StatusAnswer {
  return (
    typeof value === "object" &&
    value !== null &&
    "ready" in value &&
    typeof value.ready === "boolean"
  );
}
