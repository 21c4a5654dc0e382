import { CniError, ErrorCode, type JsonObject } from "../../spec/index.ts";
import { errorForm } from "../form/index.ts";
import { Looks, streamOf } from "../looks/index.ts";
import { type Parameter, Query, Refusal, tooBusy } from "../question/index.ts";
import { RESOURCES, Remembered } from "../resources/index.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Match, match } from "./match.ts";

/** What stands in front of every path of the API; its number grows with a change that breaks readers. */
export const ROOT = "/api/1/";

const REVISION = "hawser-revision";
const JSON_TYPE = "application/json; charset=utf-8";
/** Questions that are worked on at once. */
const AT_ONCE_MAX = 32;

const DESCRIPTION = "openapi.json";

/** The stream of changes, which is asked for as a resource is. */
const CHANGES: { readonly path: string; readonly parameters: readonly Parameter[] } = {
  path: "changes",
  parameters: [{ name: "from", description: "A revision; changes after it." }],
};

/** Answers questions about a node. It reads alone, and holds nothing while nothing is asked. */
export class Api implements Disposable {
  readonly #surroundings: Surroundings;
  readonly #looks: Looks;
  readonly #remembered: Remembered;
  #working = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const { places, daemon, isOfOneMoment = false } = surroundings;
    this.#looks = new Looks({ places, daemon, isOfOneMoment });
    this.#remembered = new Remembered(isOfOneMoment);
  }

  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
  }

  /** Never throws: what fails is an answer, too. */
  async respond(request: Request): Promise<Response> {
    try {
      const response = await this.#answer(request);
      response.headers.set("cache-control", "no-store");
      return request.method === "HEAD" ? new Response(null, response) : response;
    } catch (error) {
      return refused(error);
    }
  }

  async #answer(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      const text = `${request.method} is not for this: nothing can be changed here`;
      throw new Refusal(405, ErrorCode.INVALID_ENVIRONMENT_VARIABLES, text);
    }
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.startsWith(ROOT) ? pathname.slice(ROOT.length) : undefined;
    if (path === CHANGES.path) return this.#changes(request, searchParams);
    if (path === DESCRIPTION) return await description(this.#surroundings.version);
    const found = path === undefined ? undefined : match(RESOURCES, path);
    if (found === undefined) {
      throw new Refusal(404, ErrorCode.INVALID_ENVIRONMENT_VARIABLES, "no such resource", {
        advice: `ask ${ROOT}openapi.json for all`,
      });
    }
    if (this.#working >= AT_ONCE_MAX) {
      throw tooBusy(`${AT_ONCE_MAX} questions are worked on: ask again in a moment`);
    }
    this.#working++;
    try {
      return await this.#resource(request, found, searchParams);
    } finally {
      this.#working--;
    }
  }

  async #resource(
    request: Request,
    { resource, names }: Match<(typeof RESOURCES)[number]>,
    searchParams: URLSearchParams,
  ): Promise<Response> {
    const query = new Query(searchParams, resource.parameters);
    const look = this.#looks.now();
    const node = { ...this.#surroundings, look, remembered: this.#remembered };
    const { signal } = request;
    const body = JSON.stringify(await resource.answer(node, { names, query, signal }));
    const etag = `"${Bun.hash(body).toString(16)}"`;
    const headers = { etag, [REVISION]: look.revision };
    if (isKnown(request.headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(body, { headers: { ...headers, "content-type": JSON_TYPE } });
  }

  #changes(request: Request, searchParams: URLSearchParams): Response {
    const query = new Query(searchParams, CHANGES.parameters);
    const from = request.headers.get("last-event-id") || query.text("from");
    if (request.method === "HEAD") return new Response(null);
    return streamOf(this.#looks, from);
  }
}

/** The API in the form of OpenAPI; docs/api/openapi.json is the same. */
export async function describeApi(version: string): Promise<JsonObject> {
  const { openApi } = await import("../description/index.ts");
  return openApi({ version, root: ROOT, resources: RESOURCES, changes: CHANGES });
}

async function description(version: string): Promise<Response> {
  const body = `${JSON.stringify(await describeApi(version), null, 2)}\n`;
  return new Response(body, { headers: { "content-type": JSON_TYPE } });
}

/** Whether a reader has this very answer. */
function isKnown(given: string | null, etag: string): boolean {
  const tags = (given ?? "").split(",").map((tag) => tag.trim().replace(/^W\//u, ""));
  return tags.includes(etag) || tags.includes("*");
}

/** An error in the specification's shape. */
export function refused(thrown: unknown): Response {
  const error = CniError.from(thrown);
  const status = error instanceof Refusal ? error.status : statusOf(error);
  const headers = {
    "content-type": JSON_TYPE,
    "cache-control": "no-store",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  };
  return new Response(JSON.stringify(errorForm(error)), { status, headers });
}

function statusOf({ code }: CniError): number {
  return code === ErrorCode.TRY_AGAIN_LATER ? 503 : 500;
}
