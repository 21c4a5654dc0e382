import { type FailureKind, type FailureParts, SourceFailure } from "./failure.ts";
import { followChanges } from "./follow.ts";
import type { Follower, Source } from "./source.ts";
import { pause } from "./wait.ts";

const API = "/api/1/";
/** Statuses that say more than the error with them. What is for root alone to read is no matter of the token. */
const KINDS: Readonly<Record<number, FailureKind>> = { 401: "forbidden", 404: "gone" };

export interface LiveOptions {
  /** Where the page came from, as `http://127.0.0.1:4711`. */
  readonly origin: string;
  readonly token: string | undefined;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** The API of the program that this page came from. */
export class LiveSource implements Source {
  readonly kind = "live";
  readonly #options: LiveOptions;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  async read(path: string, signal?: AbortSignal): Promise<unknown> {
    const response = await this.#ask(path, {}, signal);
    try {
      return await response.json();
    } catch {
      throw new SourceFailure("unreadable", `the answer to ${path} is no JSON`);
    }
  }

  async follow(from: string | undefined, follower: Follower, signal: AbortSignal): Promise<void> {
    const open = async (
      last: string | undefined,
      stop: AbortSignal,
    ): Promise<ReadableStream<Uint8Array>> => {
      const resume: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": last };
      const response = await this.#ask("changes", { ...resume, Accept: "text/event-stream" }, stop);
      if (response.body === null) throw new SourceFailure("unreadable", "the stream has no body");
      return response.body;
    };
    await followChanges(from, follower, signal, { open, wait: pause });
  }

  async #ask(
    path: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { origin, token, fetch } = this.#options;
    const sent = token === undefined ? headers : { ...headers, Authorization: `Bearer ${token}` };
    const init: RequestInit = { headers: sent, cache: "no-store", credentials: "omit" };
    let response: Response;
    try {
      const url = `${origin}${API}${path}`;
      response = await fetch(url, signal === undefined ? init : { ...init, signal });
    } catch {
      throw new SourceFailure("unreachable", "nothing answers at the address of this page");
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

async function refusal(response: Response): Promise<SourceFailure> {
  const { status } = response;
  const said: unknown = await response.json().catch(() => undefined);
  const { msg, ...parts } = errorIn(said);
  const text = msg ?? `the answer has the status ${status}`;
  return new SourceFailure(KINDS[status] ?? "refused", text, parts);
}

/** What can be read of an error in the specification's shape. */
function errorIn(value: unknown): FailureParts & { msg?: string } {
  if (typeof value !== "object" || value === null) return {};
  const { code, msg, details, todo } = value as Record<string, unknown>;
  return {
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof msg === "string" ? { msg } : {}),
    ...(typeof details === "string" && details !== "" ? { details } : {}),
    ...(typeof todo === "string" && todo !== "" ? { todo } : {}),
  };
}
