const TYPE = "text/event-stream";

/** Headers of server-sent events. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": `${TYPE}; charset=utf-8`,
};

/** Whether an answer of this content type is a stream of such events. */
export function isEventStream(contentType: string | null): boolean {
  return contentType?.split(";")[0]?.trim() === TYPE;
}
