import { defined, errorText } from "../../../base/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { tryAgain } from "../../../state/index.ts";
import {
  type DaemonReply,
  type DaemonRequest,
  encodeLine,
  LineReader,
  REQUEST_MAX,
} from "../protocol.ts";
import { readRequest } from "./request.ts";

/** Serves one request; the signal is aborted when the caller hangs up. */
export type Serve = (request: DaemonRequest, signal: AbortSignal) => Promise<DaemonReply>;

/** Longest time from the connection to the end of the request, in milliseconds. */
const REQUEST_MS = 10_000;

/** The answer to the client of the Go plugin, which prints the status line. */
const GO_REFUSAL =
  "HTTP/1.0 505 this is Hawser's DHCP daemon: use Hawser's dhcp plugin with it\r\n" +
  "Content-Length: 0\r\nConnection: close\r\n\r\n";

interface Caller {
  readonly reader: LineReader;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | undefined;
  /** Bytes that the socket has not taken yet. */
  unsent: Uint8Array;
  served: boolean;
}

/** Serves the connections of the Unix socket. */
export function connectionHandler(serve: Serve): Bun.SocketHandler<Caller> {
  return {
    open(socket) {
      socket.data = {
        reader: new LineReader(REQUEST_MAX),
        abort: new AbortController(),
        timer: setTimeout(() => {
          reply(socket, refusal(`no whole request within ${REQUEST_MS} ms`));
        }, REQUEST_MS),
        unsent: new Uint8Array(),
        served: false,
      };
    },
    data(socket, bytes) {
      const caller = socket.data;
      if (caller.served) return;
      let line: string | undefined;
      try {
        line = caller.reader.push(bytes);
      } catch (error) {
        reply(socket, refusal(errorText(error)));
        return;
      }
      if (line === undefined) return;
      caller.served = true;
      clearTimeout(caller.timer);
      if (line.startsWith("CONNECT /_goRPC_")) {
        finish(socket, GO_REFUSAL);
        return;
      }
      void answer(line, serve, caller.abort.signal).then((answered) => reply(socket, answered));
    },
    drain: flush,
    close: hangUp,
    end(socket) {
      // A caller that has closed its sending side does not wait for an answer.
      hangUp(socket);
      socket.end();
    },
    error: hangUp,
  };
}

async function answer(line: string, serve: Serve, signal: AbortSignal): Promise<DaemonReply> {
  try {
    return await serve(readRequest(line), signal);
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    return { error: { code, msg, ...defined({ details }) } };
  }
}

function refusal(reason: string): DaemonReply {
  const code = ErrorCode.DECODING_FAILURE;
  return { error: { code, msg: `malformed request: ${reason}` } };
}

function reply(socket: Bun.Socket<Caller>, message: DaemonReply): void {
  finish(socket, encodeLine(message));
}

function finish(socket: Bun.Socket<Caller>, text: string): void {
  const caller = socket.data;
  caller.served = true;
  clearTimeout(caller.timer);
  caller.unsent = new TextEncoder().encode(text);
  flush(socket);
}

function flush(socket: Bun.Socket<Caller>): void {
  const caller = socket.data;
  if (caller.unsent.length === 0) return;
  const sent = socket.write(caller.unsent);
  caller.unsent = caller.unsent.subarray(Math.max(0, sent));
  if (caller.unsent.length === 0) socket.end();
}

function hangUp(socket: Bun.Socket<Caller>): void {
  clearTimeout(socket.data.timer);
  const reason = tryAgain("the caller has given up");
  socket.data.abort.abort(reason);
}
