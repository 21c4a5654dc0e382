import { encodeFrame, Kind } from "../../src/daemon/protocol/index.ts";

/** What a daemon that is not right does with one connection. */
export interface Behaviour {
  /** What it sends when a request has begun to come; absent: nothing. */
  readonly onRequest?: Uint8Array;
  /** It closes instead of answering a request. */
  readonly closesOnRequest?: boolean;
  /** What it sends when GO has come. */
  readonly onGo?: Uint8Array;
  readonly closesOnGo?: boolean;
}

export const OFFER: Uint8Array = encodeFrame(1, Kind.OFFER);
const GO_LENGTH = 12;

/** A listener at the daemon's place that behaves as told; disposing of it leaves no socket. */
export function fakeDaemon(path: string, behaviour: Behaviour): Disposable & { went: number } {
  let offered = false;
  const server = Bun.listen<undefined>({
    unix: path,
    socket: {
      data(socket, bytes) {
        if (offered && bytes.length === GO_LENGTH) {
          fake.went++;
          if (behaviour.onGo !== undefined) socket.write(behaviour.onGo);
          if (behaviour.closesOnGo) socket.end();
          return;
        }
        if (behaviour.onRequest !== undefined) socket.write(behaviour.onRequest);
        if (behaviour.closesOnRequest) socket.end();
        offered = true;
      },
    },
  });
  const fake = { went: 0, [Symbol.dispose]: () => server.stop(true) };
  return fake;
}
