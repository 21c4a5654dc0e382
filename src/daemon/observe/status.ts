import { lstatSync } from "node:fs";
import { unlinkIfThere } from "../../state/files/index.ts";

/** The source of all answers. */
export interface StatusSource {
  readonly ready: () => boolean;
  readonly metrics: () => string;
  /** Facts about the daemon, for `hawser daemon --status`. */
  readonly status: () => Readonly<Record<string, unknown>>;
}

const ALL_BUT_OWNER = 0o177;
const TEXT = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

/** Answers HTTP at a Unix socket, in a directory that only root may enter. */
export function serveStatus(path: string, source: StatusSource): Disposable {
  unlinkIfThere(path);
  const umask = process.umask(ALL_BUT_OWNER);
  try {
    const server = Bun.serve({ unix: path, fetch: (request) => respond(request, source) });
    const ino = inodeOf(path);
    return {
      [Symbol.dispose](): void {
        void server.stop(true);
        // Unless another daemon has taken the path meanwhile.
        if (inodeOf(path) === ino) unlinkIfThere(path);
      },
    };
  } finally {
    process.umask(umask);
  }
}

/** Answers HTTP at `address:port`, for programs that cannot use a Unix socket. */
export function serveMetrics(endpoint: string, source: StatusSource): Disposable {
  const [, hostname = "", port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5})$/u.exec(endpoint) ?? [];
  if (hostname === "" || Number(port) > 65535) {
    throw new RangeError(`--metrics takes address:port, not ${JSON.stringify(endpoint)}`);
  }
  const options = { hostname, port: Number(port) };
  const server = Bun.serve({ ...options, fetch: (request) => respond(request, source) });
  return { [Symbol.dispose]: () => void server.stop(true) };
}

function respond(request: Request, source: StatusSource): Response {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case "/healthz":
      return new Response("ok\n");
    case "/readyz":
      return source.ready()
        ? new Response("ready\n")
        : new Response("not ready\n", { status: 503 });
    case "/metrics":
      return new Response(source.metrics(), { headers: TEXT });
    case "/status":
      return Response.json({ ready: source.ready(), ...source.status() });
    default:
      return new Response("ask /healthz, /readyz, /metrics or /status\n", { status: 404 });
  }
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
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
