import { isEventStream } from "../../base/index.ts";

/** A connection without a question is closed after so many seconds, as Bun does at Unix sockets by itself. */
export const IDLE_SECONDS = 10;

/**
 * Answers however long it takes, and lets a stream be as quiet as it likes. A connection that has its answer, and
 * asks for nothing more, is closed: it costs a descriptor.
 */
export async function answerPatiently(
  request: Request,
  server: Bun.Server<undefined>,
  answer: () => Promise<Response>,
): Promise<Response> {
  server.timeout(request, 0);
  const response = await answer();
  const isStream = response.body !== null && isEventStream(response.headers.get("content-type"));
  if (!isStream) server.timeout(request, IDLE_SECONDS);
  return response;
}
