import { errorText } from "../../base/index.ts";
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
import { Connection } from "./connection.ts";
import { encodeFrame, Kind, OLDEST_PROTOCOL, PROTOCOL } from "./frame.ts";
import { type AcceptorTask, type FromAcceptor, Phase, Shared } from "./messages.ts";
import { decodeFacts } from "./request.ts";
import { tryTakeTurn } from "./turn.ts";

const READ_LENGTH = 64 * 1024;
/** Keys of the two descriptors that are no connections; connections have the numbers after them. */
const LISTENER = 0;
const WAKER = 1;
const FIRST_ID = 2;
/** Pause after the system had no descriptor left for a connection, in milliseconds. */
const SHORTAGE_MS = 50;

type Post = (message: FromAcceptor, transfer: ArrayBuffer[]) => void;

/** Runs the acceptor in a thread; returns when it ends, so that the thread reads no message before. */
export function runAcceptor(task: AcceptorTask, post: Post): void {
  try {
    new AcceptorLoop(task, post).run();
  } catch (error) {
    post({ kind: "ended", error: errorText(error) }, []);
  }
}

/**
 * Serves the listening socket until the main thread asks for the end: reads requests, takes their
 * turns while their number is below the limit, and posts them. Blocks its thread, and never waits for
 * the main thread.
 */
class AcceptorLoop {
  readonly #task: AcceptorTask;
  readonly #post: Post;
  readonly #epoll: Epoll;
  readonly #listener: Fd;
  readonly #waker: Waker;
  readonly #buffer = new MessageBuffer(READ_LENGTH);
  /** Connections with an incomplete request, the oldest first. */
  readonly #waiting = new Map<number, Connection>();
  #nextId = FIRST_ID;
  #held = 0;
  #listens = true;

  constructor(task: AcceptorTask, post: Post) {
    this.#task = task;
    this.#post = post;
    this.#epoll = new Epoll(new Fd(task.epoll));
    this.#listener = new Fd(task.listener);
    this.#waker = new Waker(new Fd(task.waker));
  }

  run(): void {
    this.#epoll.add(this.#listener.number, LISTENER, EPOLLIN);
    this.#epoll.add(this.#waker.fd.number, WAKER, EPOLLIN);
    while (this.#listens || this.#waiting.size > 0) {
      for (const { key } of this.#epoll.wait(this.#timeLeft())) {
        if (key === LISTENER) this.#accept();
        else if (key === WAKER) this.#woken();
        else this.#readOrHangUp(key);
      }
      this.#dropLate();
      Atomics.store(this.#task.shared, Shared.WAITING, this.#waiting.size);
    }
    this.#post({ kind: "ended" }, []);
  }

  #timeLeft(): number {
    const [oldest] = this.#waiting.values();
    return oldest === undefined ? -1 : Math.max(0, oldest.deadline - performance.now());
  }

  /** Accepts one caller, if there is one: epoll reports the socket again for the next. */
  #accept(): boolean {
    try {
      const fd = accept(this.#listener);
      if (fd === undefined) return false;
      this.#admit(fd);
      return true;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // No descriptor or memory is left: the oldest connection makes room, and the queue has to wait.
      const [oldest] = this.#waiting.values();
      if (oldest !== undefined) this.#drop(oldest);
      Bun.sleepSync(SHORTAGE_MS);
      return false;
    }
  }

  #admit(fd: Fd): void {
    const { pid, uid } = peerCredentials(fd);
    if (!this.#listens || (uid !== 0 && uid !== this.#task.uid)) {
      fd.close();
      return;
    }
    const [oldest] = this.#waiting.values();
    if (oldest !== undefined && this.#waiting.size >= this.#task.limits.connections) {
      this.#drop(oldest);
    }
    const deadline = performance.now() + this.#task.limits.patienceMs;
    const connection = new Connection(this.#nextId++, fd, pid, deadline);
    this.#waiting.set(connection.id, connection);
    // Entry programs send at once, so that the request has mostly come already.
    this.#read(connection);
    if (!this.#waiting.has(connection.id)) return;
    this.#epoll.add(fd.number, connection.id, EPOLLIN | EPOLLRDHUP);
    connection.isListed = true;
  }

  #readOrHangUp(id: number): void {
    const connection = this.#waiting.get(id);
    if (connection !== undefined) this.#read(connection);
    else this.#post({ kind: "hung up", id }, []);
  }

  #read(connection: Connection): void {
    const before = connection.held;
    const progress = connection.read(this.#buffer, this.#task.limits.bytes - this.#held);
    this.#held += connection.held - before;
    if (progress === "gone") this.#drop(connection);
    else if (progress === "request") this.#judge(connection);
  }

  #judge(connection: Connection): void {
    const { netns } = this.#task;
    const version = connection.header?.version ?? PROTOCOL;
    if (version < OLDEST_PROTOCOL || version > PROTOCOL) {
      this.#refuse(connection, Kind.VERSION);
      return;
    }
    let canServe = false;
    try {
      const { caller, hasNetns } = decodeFacts(connection.payload);
      const isOfThisHost = caller.ino === netns.ino && caller.dev === netns.dev;
      // The kernel drops descriptors that this process may not have. A DEL without the namespace
      // that its caller sent would succeed, and leave everything in there.
      const isWhole = !hasNetns || connection.netns !== undefined;
      canServe = isOfThisHost && isWhole && !this.#isShort(connection);
    } catch {
      // Too short to be a request.
    }
    if (!canServe || !this.#listens) {
      this.#refuse(connection, Kind.BUSY);
      return;
    }
    const { shared, limits } = this.#task;
    if (Atomics.add(shared, Shared.TAKEN, 1) >= limits.calls) {
      Atomics.sub(shared, Shared.TAKEN, 1);
      Atomics.add(shared, Shared.REFUSED, 1);
      this.#refuse(connection, Kind.BUSY);
    } else if (tryTakeTurn(connection.turn)) {
      this.#begin(connection, version);
    } else {
      Atomics.sub(shared, Shared.TAKEN, 1);
      this.#drop(connection, connection.turn !== undefined);
    }
  }

  /** Whether the process has nearly all the descriptors that it may have: it gets the lowest free one. */
  #isShort({ fd, turn, netns }: Connection): boolean {
    const highest = Math.max(fd.number, turn?.number ?? 0, netns?.number ?? 0);
    return highest >= this.#task.limits.descriptors;
  }

  #begin(connection: Connection, version: number): void {
    const { id, fd, pid, turn, netns, payload, isListed, held } = connection;
    if (turn === undefined) return;
    this.#waiting.delete(id);
    this.#held -= held;
    // From here on only the end of the connection matters to this thread.
    if (isListed) this.#epoll.modify(fd.number, id, EPOLLRDHUP | EPOLLONESHOT);
    else this.#epoll.add(fd.number, id, EPOLLRDHUP | EPOLLONESHOT);
    const numbers = { connection: fd.release(), turn: turn.release(), netns: netns?.release() };
    this.#post({ kind: "begun", id, version, pid, ...numbers, payload }, [payload.buffer]);
  }

  #refuse(connection: Connection, kind: Kind): void {
    this.#send(connection, kind);
    this.#drop(connection, true);
  }

  #send(connection: Connection, kind: Kind): void {
    // A caller of an unknown version gets the daemon's own version, others get theirs.
    const version = kind === Kind.VERSION ? PROTOCOL : (connection.header?.version ?? PROTOCOL);
    try {
      send(connection.fd, encodeFrame(version, kind), MSG_NOSIGNAL);
    } catch {
      // The caller has closed its connection.
    }
  }

  #drop(connection: Connection, isUsual = false): void {
    if (!this.#waiting.delete(connection.id)) return;
    this.#held -= connection.held;
    if (!isUsual) Atomics.add(this.#task.shared, Shared.DROPPED, 1);
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
    const phase = Atomics.load(this.#task.shared, Shared.PHASE);
    if (phase === Phase.ACCEPT || !this.#listens) return;
    this.#epoll.remove(this.#listener.number);
    this.#listens = false;
    for (let come = phase === Phase.DRAIN; come; ) come = this.#accept();
    for (const connection of this.#waiting.values()) this.#refuse(connection, Kind.BUSY);
  }
}
