import {
  accept,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLRDHUP,
  Epoll,
  Fd,
  KernelError,
  MessageBuffer,
  MSG_NOSIGNAL,
  peerCredentials,
  send,
  Waker,
} from "../../kernel/sys/index.ts";
import {
  decodeFacts,
  encodeFrame,
  Kind,
  OLDEST_PROTOCOL,
  PROTOCOL,
  takeTurn,
} from "../protocol/index.ts";
import { Connection } from "./connection.ts";
import { type AcceptorStart, type FromAcceptor, Phase, Shared } from "./settings.ts";

const READ_LENGTH = 64 * 1024;
/** Keys of the two descriptors that are no connections; connections count from after them. */
const LISTENER = 0;
const WAKER = 1;
const FIRST_ID = 2;
/** Pause after the system had no descriptor for a caller, in milliseconds. */
const SHORTAGE_MS = 50;

type Post = (message: FromAcceptor, transfer: ArrayBuffer[]) => void;

/**
 * Serves the listening socket until the main thread asks for the end: reads requests, takes their
 * turns while there are places, and hands them on. Blocks its thread; nothing of it waits for the main
 * thread.
 */
export class AcceptorLoop {
  readonly #start: AcceptorStart;
  readonly #post: Post;
  readonly #epoll: Epoll;
  readonly #listener: Fd;
  readonly #waker: Waker;
  readonly #buffer = new MessageBuffer(READ_LENGTH);
  /** Those whose request is not whole, the oldest first. */
  readonly #waiting = new Map<number, Connection>();
  #nextId = FIRST_ID;
  #held = 0;
  #listens = true;

  constructor(start: AcceptorStart, post: Post) {
    this.#start = start;
    this.#post = post;
    this.#epoll = new Epoll(new Fd(start.epoll));
    this.#listener = new Fd(start.listener);
    this.#waker = new Waker(new Fd(start.waker));
  }

  run(): void {
    this.#epoll.add(this.#listener.number, LISTENER, EPOLLIN);
    this.#epoll.add(this.#waker.fd.number, WAKER, EPOLLIN);
    while (this.#listens || this.#waiting.size > 0) {
      for (const { key } of this.#epoll.wait(this.#timeLeft())) {
        if (key === LISTENER) this.#accept();
        else if (key === WAKER) this.#woken();
        else this.#heard(key);
      }
      this.#dropLate();
      Atomics.store(this.#start.shared, Shared.WAITING, this.#waiting.size);
    }
    this.#post({ kind: "ended" }, []);
  }

  #timeLeft(): number {
    const [oldest] = this.#waiting.values();
    return oldest === undefined ? -1 : Math.max(0, oldest.deadline - performance.now());
  }

  /** Takes in the next caller, if there is one: the kernel tells again of those behind it. */
  #accept(): boolean {
    try {
      const fd = accept(this.#listener);
      if (fd === undefined) return false;
      this.#welcome(fd);
      return true;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // No descriptors or no memory left: who waits longest makes room, and the queue has to wait.
      const [oldest] = this.#waiting.values();
      if (oldest !== undefined) this.#drop(oldest);
      Bun.sleepSync(SHORTAGE_MS);
      return false;
    }
  }

  #welcome(fd: Fd): void {
    const { uid } = peerCredentials(fd);
    if (!this.#listens || (uid !== 0 && uid !== this.#start.uid)) {
      fd.close();
      return;
    }
    const [oldest] = this.#waiting.values();
    if (oldest !== undefined && this.#waiting.size >= this.#start.limits.connections) {
      this.#drop(oldest);
    }
    const deadline = performance.now() + this.#start.limits.patienceMs;
    const connection = new Connection(this.#nextId++, fd, deadline);
    this.#waiting.set(connection.id, connection);
    // Entry programs send at once: most often the request is there already.
    this.#read(connection);
    if (!this.#waiting.has(connection.id)) return;
    this.#epoll.add(fd.number, connection.id, EPOLLIN | EPOLLRDHUP);
    connection.isListed = true;
  }

  #heard(id: number): void {
    const connection = this.#waiting.get(id);
    if (connection !== undefined) this.#read(connection);
    else this.#post({ kind: "hung up", id }, []);
  }

  #read(connection: Connection): void {
    const before = connection.held;
    const progress = connection.read(this.#buffer, this.#start.limits.bytes - this.#held);
    this.#held += connection.held - before;
    if (progress === "gone") this.#drop(connection);
    else if (progress === "request") this.#judge(connection);
  }

  #judge(connection: Connection): void {
    const { home } = this.#start;
    const version = connection.header?.version ?? PROTOCOL;
    if (version < OLDEST_PROTOCOL || version > PROTOCOL) {
      this.#refuse(connection, Kind.VERSION);
      return;
    }
    let isNeighbour = false;
    try {
      const { caller } = decodeFacts(connection.payload);
      isNeighbour = caller.ino === home.ino && caller.dev === home.dev;
    } catch {
      // Too short to be a request.
    }
    if (!isNeighbour || !this.#listens) {
      this.#refuse(connection, Kind.BUSY);
      return;
    }
    const { shared, limits } = this.#start;
    if (Atomics.add(shared, Shared.TAKEN, 1) >= limits.places) {
      Atomics.sub(shared, Shared.TAKEN, 1);
      Atomics.add(shared, Shared.REFUSED, 1);
      this.#refuse(connection, Kind.BUSY);
    } else if (isOurs(connection)) {
      this.#begin(connection, version);
    } else {
      Atomics.sub(shared, Shared.TAKEN, 1);
      this.#drop(connection, connection.turn !== undefined);
    }
  }

  #begin({ id, fd, turn, netns, payload, isListed, held }: Connection, version: number): void {
    if (turn === undefined) return;
    this.#waiting.delete(id);
    this.#held -= held;
    // Only whether he hangs up is still of interest here.
    if (isListed) this.#epoll.modify(fd.number, id, EPOLLRDHUP | EPOLLONESHOT);
    else this.#epoll.add(fd.number, id, EPOLLRDHUP | EPOLLONESHOT);
    const numbers = { connection: fd.release(), turn: turn.release(), netns: netns?.release() };
    this.#post({ kind: "begun", id, version, ...numbers, payload }, [payload.buffer]);
  }

  #refuse(connection: Connection, kind: Kind): void {
    this.#tell(connection, kind);
    this.#drop(connection, true);
  }

  #tell(connection: Connection, kind: Kind): void {
    // A version that we do not know is told ours, all others are spoken with in their own.
    const version = kind === Kind.VERSION ? PROTOCOL : (connection.header?.version ?? PROTOCOL);
    try {
      send(connection.fd, encodeFrame(version, kind), MSG_NOSIGNAL);
    } catch {
      // The caller has gone.
    }
  }

  #drop(connection: Connection, isUsual = false): void {
    if (!this.#waiting.delete(connection.id)) return;
    this.#held -= connection.held;
    if (!isUsual) Atomics.add(this.#start.shared, Shared.DROPPED, 1);
    if (connection.isListed) this.#epoll.remove(connection.fd.number);
    connection.close();
  }

  #dropLate(): void {
    const now = performance.now();
    for (const connection of this.#waiting.values()) {
      if (connection.deadline > now) return;
      this.#drop(connection);
    }
  }

  #woken(): void {
    this.#waker.reset();
    const phase = Atomics.load(this.#start.shared, Shared.PHASE);
    if (phase === Phase.ACCEPT || !this.#listens) return;
    this.#epoll.remove(this.#listener.number);
    this.#listens = false;
    for (let come = phase === Phase.DRAIN; come; ) come = this.#accept();
    for (const connection of this.#waiting.values()) this.#refuse(connection, Kind.BUSY);
  }
}

/** Takes the turn of a call. What came instead of a file for that is nobody's. */
function isOurs({ turn }: Connection): boolean {
  try {
    return turn !== undefined && takeTurn(turn);
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}
