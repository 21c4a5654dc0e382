import { errorText } from "../../base/index.ts";
import { CniError, isObject } from "../../spec/index.ts";
import { tryAgain } from "../../state/index.ts";
import {
  type DaemonAnswers,
  type DaemonRequest,
  encodeLine,
  LineReader,
  PROTOCOL_VERSION,
  REPLY_MAX,
  VERSION_KEY,
} from "./protocol.ts";

/** No daemon to ask: nothing listens, or it is no Hawser daemon, or it does not answer. */
export class DaemonUnreachable extends Error {
  override name = "DaemonUnreachable";
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Longest wait for the answer, in milliseconds; as long as it takes when absent. */
  readonly timeoutMs?: number;
}

/**
 * Asks the daemon. Closing the connection early tells it that the caller has given up.
 * @throws DaemonUnreachable, or a CniError that the daemon answered with.
 */
export async function ask<Call extends DaemonRequest["call"]>(
  socketPath: string,
  request: Extract<DaemonRequest, { readonly call: Call }>,
  options: AskOptions,
): Promise<DaemonAnswers[Call]> {
  const line = await exchangeLines(socketPath, encodeLine(request), options);
  return readReply(socketPath, line) as DaemonAnswers[Call];
}

async function exchangeLines(
  socketPath: string,
  line: string,
  { signal, timeoutMs }: AskOptions,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const failed = (reason: string): void => reject(unreachable(socketPath, reason));
  const reader = new LineReader(REPLY_MAX);
  const socket = await connect(socketPath, line, {
    data(bytes) {
      try {
        const reply = reader.push(bytes);
        if (reply !== undefined) resolve(reply);
      } catch (error) {
        failed(String(error));
      }
    },
    end: () => failed(reader.empty ? "it hung up" : "it hung up within its answer"),
  });
  const abort = (): void => {
    const reason: unknown = signal.reason;
    const msg = reason instanceof Error ? reason.message : "the caller has given up";
    reject(tryAgain(msg));
  };
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => failed(`no answer within ${timeoutMs} ms`), timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.terminate();
  }
}

interface ReplyHandler {
  readonly data: (bytes: Uint8Array) => void;
  readonly end: () => void;
}

async function connect(
  unix: string,
  line: string,
  handler: ReplyHandler,
): Promise<Bun.Socket<undefined>> {
  try {
    return await Bun.connect<undefined>({
      unix,
      socket: {
        // A request is far smaller than what a socket takes at once.
        open: (socket) => void socket.write(line),
        data: (_, bytes) => handler.data(bytes),
        close: handler.end,
        error: handler.end,
      },
    });
  } catch (error) {
    throw unreachable(unix, errorText(error));
  }
}

function readReply(socketPath: string, line: string): unknown {
  const reply = parse(line);
  if (!isObject(reply) || reply[VERSION_KEY] === undefined) {
    const said = line.startsWith("HTTP/")
      ? "it is the daemon of another dhcp plugin"
      : "it is none";
    throw unreachable(socketPath, `${said}: it answers ${JSON.stringify(line.slice(0, 80))}`);
  }
  if (Number(reply[VERSION_KEY]) !== PROTOCOL_VERSION) {
    throw unreachable(socketPath, `it speaks version ${JSON.stringify(reply[VERSION_KEY])}`);
  }
  const { ok, error } = reply as { ok?: unknown; error?: unknown };
  if (isObject(error)) throw CniError.fromJson(error);
  return ok;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function unreachable(socketPath: string, reason: string): DaemonUnreachable {
  return new DaemonUnreachable(`error dialing DHCP daemon: ${socketPath}: ${reason}`);
}
