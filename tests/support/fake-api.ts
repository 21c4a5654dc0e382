import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChangeForm } from "../../src/forms/index.ts";

/** An API of made-up answers, and the page, on a loopback port: for states that are hard to make. */

export interface FakeApi {
  /** With the token, as `hawser ui` prints it. */
  readonly address: string;
  /** Answers by their paths below `/api/1/`; a test may change them. */
  readonly answers: Record<string, unknown>;
  /** Errors by their paths: they are answered in place of the answers. */
  readonly errors: Record<string, { readonly code: number; readonly msg: string }>;
  /** What the page asked, with the header by which a stream is resumed. */
  readonly asked: { readonly path: string; readonly from: string | null }[];
  send(change: ChangeForm): void;
  /** Ends all streams; those that come after them are let in, or refused. */
  cut(isRefused: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const TOKEN = "sesame";
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
/** As decision 18 has it: nothing inline, nothing from anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves the files of a directory, such as dist/page, and the answers. */
export function fakeApi(directory: string, answers: Record<string, unknown>): FakeApi {
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const errors: FakeApi["errors"] = {};
  const asked: { path: string; from: string | null }[] = [];
  let isRefused = false;
  const server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0 },
    fetch: (request) => {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith("/api/1/")) return file(directory, pathname);
      const path = `${pathname.slice("/api/1/".length)}${search}`;
      asked.push({ path, from: request.headers.get("Last-Event-ID") });
      const isKnown = request.headers.get("Authorization") === `Bearer ${TOKEN}`;
      if (!isKnown) return refused(401, "the token is wrong");
      if (isRefused) return refused(503, "it is played that nothing answers");
      if (path === "changes") return stream(streams);
      const error = errors[path];
      if (error !== undefined) return refused(500, error.msg, error.code);
      return path in answers ? Response.json(answers[path]) : refused(404, `there is no ${path}`);
    },
  });
  return {
    ...{ answers, errors, asked, address: `http://127.0.0.1:${server.port}/#token=${TOKEN}` },
    send: (change) => {
      const text = `id: ${change.revision}\ndata: ${JSON.stringify(change)}\n\n`;
      for (const each of streams) each.enqueue(new TextEncoder().encode(text));
    },
    cut: (refuse) => {
      isRefused = refuse;
      for (const each of streams) each.close();
      streams.clear();
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function file(directory: string, pathname: string): Response {
  const path = join(directory, pathname === "/" ? "index.html" : pathname);
  if (!path.startsWith(directory) || !existsSync(path)) return new Response("", { status: 404 });
  const type = TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain";
  return new Response(readFileSync(path), {
    headers: { "Content-Type": type, "Content-Security-Policy": POLICY },
  });
}

function refused(status: number, msg: string, code: number = 999): Response {
  return Response.json({ cniVersion: "1.1.0", code, msg }, { status });
}

function stream(streams: Set<ReadableStreamDefaultController<Uint8Array>>): Response {
  let own: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      own = controller;
      streams.add(controller);
      // The head of an answer is sent with its first piece.
      controller.enqueue(new TextEncoder().encode(": here\n\n"));
    },
    cancel: () => {
      if (own !== undefined) streams.delete(own);
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}
