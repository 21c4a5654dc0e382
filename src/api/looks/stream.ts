import { EVENT_STREAM_HEADERS } from "../../base/index.ts";
import type { Looks } from "./looks.ts";

/** After a loss a reader tries again so much later. */
const RETRY = "retry: 1000\n";

/**
 * Changes as server-sent events. The first lines name the revision that the stream begins at; after
 * them nothing is sent while nothing happens. A reader that is slow is waited for.
 * @throws Refusal where there are too many readers
 */
export function streamOf(looks: Looks, from: string | undefined): Response {
  const { feed, revision } = looks.read(from);
  const encoder = new TextEncoder();
  let isBegun = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isBegun) {
          isBegun = true;
          controller.enqueue(encoder.encode(`${RETRY}id: ${revision}\n\n`));
          return;
        }
        const text = await feed.take();
        if (text === "") controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: () => looks.leave(feed),
    },
    // What the socket does not take stays in the feed, which is bounded.
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: EVENT_STREAM_HEADERS });
}
