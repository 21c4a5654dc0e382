import { ErrorCode } from "../../spec/index.ts";
import { type Api, ROOT, refused } from "../answer/index.ts";
import { Refusal } from "../question/index.ts";
import { type DoorAddress, guard, requireToken } from "./guard.ts";

/** A file of the page. */
export interface PageFile {
  /** Of its content. */
  readonly type: string;
  /** Its content, compressed by gzip. */
  readonly gzip: Uint8Array<ArrayBuffer>;
}

export interface DoorOptions {
  readonly api: Api;
  readonly place: DoorAddress;
  readonly token: string;
  /** By their names. */
  readonly page: ReadonlyMap<string, PageFile>;
}

/** The page has scripts and styles of its own files alone, and speaks with nothing but this program. */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"],
  ...["img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"],
].join("; ");

const HEADERS: readonly (readonly [string, string])[] = [
  ["content-security-policy", POLICY],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
];

const INDEX = "index.html";

/**
 * The page and the API for a browser. The page's files say nothing of the node, and need no token; all
 * else does.
 */
export async function respondAtDoor(request: Request, options: DoorOptions): Promise<Response> {
  const response = await answered(request, options);
  for (const [name, value] of HEADERS) response.headers.set(name, value);
  return response;
}

async function answered(
  request: Request,
  { api, place, token, page }: DoorOptions,
): Promise<Response> {
  try {
    guard(request, place);
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(ROOT)) return fileOf(request, pathname, page);
    requireToken(request, token);
    return await api.respond(request);
  } catch (error) {
    return refused(error);
  }
}

/** By exact names: no path leads to a directory. */
function fileOf(request: Request, pathname: string, page: ReadonlyMap<string, PageFile>): Response {
  const file = page.get(pathname === "/" ? INDEX : pathname.slice(1));
  if (file === undefined) {
    throw new Refusal(404, ErrorCode.INVALID_ENVIRONMENT_VARIABLES, "there is no such file", {
      ...(page.size === 0 ? { advice: "this program has no page: npm run build makes it" } : {}),
    });
  }
  const { type, gzip } = file;
  const takesGzip = /\bgzip\b/u.test(request.headers.get("accept-encoding") ?? "");
  const body = takesGzip ? gzip : Bun.gunzipSync(gzip);
  return new Response(request.method === "HEAD" ? null : body, {
    headers: {
      "content-type": type,
      "cache-control": "no-cache",
      ...(takesGzip ? { "content-encoding": "gzip" } : {}),
      vary: "accept-encoding",
    },
  });
}
