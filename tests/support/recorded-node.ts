import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A node as its API once answered: the page of it looks the same every time. */
export interface RecordedNode {
  /** When it answered, ISO 8601. */
  readonly made: string;
  /** By their paths below `/api/1/`. */
  readonly answers: Readonly<Record<string, unknown>>;
}

const PAGE = fileURLToPath(new URL("../../dist/page", import.meta.url));
const API = "/api/1/";
const STREAM = { "content-type": "text/event-stream", "cache-control": "no-store" };

/** Serves the page that is built, with the answers of a recorded node, and changes that never come. */
export function serveRecorded({ answers }: RecordedNode): Bun.Server<undefined> {
  return Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0 },
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith(API)) return fileOf(pathname);
      const path = decodeURI(`${pathname.slice(API.length)}${search}`);
      if (path.startsWith("changes")) {
        return new Response(new ReadableStream({ start: silent }), { headers: STREAM });
      }
      const answer = answers[path] ?? answers[`${pathname.slice(API.length)}${search}`];
      if (answer !== undefined) return Response.json(answer);
      const error = { code: 100, msg: `nothing is recorded of ${path}` };
      return Response.json({ error }, { status: 404 });
    },
  });
}

/** A comment opens the stream. */
function silent(controller: ReadableStreamDefaultController): void {
  controller.enqueue(":\n\n");
}

function fileOf(pathname: string): Response {
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  if (!/^[\w.-]+$/.test(name)) return new Response(null, { status: 404 });
  const file = Bun.file(join(PAGE, name));
  return new Response(readFileSync(join(PAGE, name)), { headers: { "content-type": file.type } });
}
