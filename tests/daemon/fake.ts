import { takeTurn } from "../../src/daemon/accept/index.ts";
import {
  AF_UNIX,
  accept,
  bind,
  type Fd,
  listen,
  MessageBuffer,
  receiveMessage,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  send,
  socket,
  unixAddress,
} from "../../src/kernel/sys/index.ts";

/** What a daemon that is not right does with a call, in this order. */
export interface Behaviour {
  /** Begins it. */
  readonly begins?: boolean;
  readonly sends?: Uint8Array;
  /** Closes the connection. */
  readonly closes?: boolean;
  /** Closes all that it has of the call, as the kernel does for a process that dies. */
  readonly dies?: boolean;
}

export interface FakeDaemon extends Disposable {
  /** How many calls it has begun. */
  readonly begun: number;
  /** Tries to begin now what it has not begun; gives how many that were. */
  beginLate(): number;
}

const LOOK_MS = 2;

/** A listener at the daemon's place that behaves as asked; the socket stays. */
export function fakeDaemon(path: string, behaviour: Behaviour): FakeDaemon {
  const listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind(listener, unixAddress(path));
  listen(listener, 16);
  const buffer = new MessageBuffer(65_536);
  const fresh = new Set<Fd>();
  const open: Fd[] = [];
  const turns: Fd[] = [];
  let begun = 0;
  const behave = (connection: Fd, turn: Fd): void => {
    if (behaviour.begins && takeTurn(turn)) begun++;
    if (behaviour.sends !== undefined) send(connection, behaviour.sends);
    if (behaviour.closes || behaviour.dies) connection.close();
    if (behaviour.dies) turn.close();
  };
  const look = (): void => {
    for (let fd = accept(listener); fd !== undefined; fd = accept(listener)) fresh.add(fd);
    for (const connection of fresh) {
      const message = receiveMessage(connection, buffer);
      if (message === undefined) continue;
      fresh.delete(connection);
      open.push(connection, ...message.descriptors);
      const [turn] = message.descriptors;
      if (turn === undefined) continue;
      turns.push(turn);
      behave(connection, turn);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    get begun(): number {
      return begun;
    },
    beginLate: () => turns.filter((turn) => !turn.closed && takeTurn(turn)).length,
    [Symbol.dispose](): void {
      clearInterval(timer);
      for (const fd of [...fresh, ...open, listener]) fd.close();
    },
  };
}
