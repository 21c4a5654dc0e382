import { errorText } from "../base/index.ts";
import { socketOf } from "./address.ts";
import { BusUnavailable, DbusError } from "./error.ts";
import {
  decodeMessage,
  encodeCall,
  MessageType,
  type MethodCall,
  messageLength,
} from "./message.ts";

export type { MethodCall } from "./message.ts";

/** How a bus is spoken to. */
export interface BusOptions {
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Called with each signal that `listen` has asked for. */
  readonly onSignal?: (signal: Signal) => void;
  /** Called when the connection has ended by itself. */
  readonly onEnd?: (error: Error) => void;
}

/** What a service says to every listener. */
export interface Signal {
  readonly interface: string;
  readonly member: string;
  /** The first value, when it is a string, a number or a boolean. */
  readonly value: string | number | boolean | undefined;
}

const TIMEOUT_MS = 25_000;
const BUS = "org.freedesktop.DBus";
/** The socket says which user asks; the bus is not waited for, as it reads this in order. */
const GREETING = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
const AGREED = /^(?:DATA\r\n)?OK [^\r\n]*\r\n/u;
const GREETING_ANSWER_MAX = 1024;

type Value = string | number | boolean | undefined;

interface Waiting {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection to a message bus, for calls whose arguments are strings. Small because little is
 * needed, and loaded only where a bus is asked something.
 */
export class Bus implements Disposable {
  readonly #timeoutMs: number;
  readonly #options: BusOptions;
  readonly #waiting = new Map<number, Waiting>();
  #socket: { write(bytes: Uint8Array): number; end(): void } | undefined;
  #unsent: Uint8Array[] = [];
  #received: Uint8Array = new Uint8Array(0);
  #isAgreed = false;
  #failure: Error | undefined;
  #isDisposed = false;
  #serial = 0;

  private constructor(options: BusOptions) {
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#options = options;
  }

  /**
   * Connects to the bus at this address.
   * @throws BusUnavailable when there is none, or it does not want us.
   */
  static async connect(address: string, options: BusOptions = {}): Promise<Bus> {
    const bus = new Bus(options);
    const path = socketOf(address);
    try {
      bus.#socket = await Bun.connect({
        unix: path,
        socket: {
          data: (_socket, bytes) => bus.#receive(bytes),
          drain: () => bus.#flush(),
          close: () => bus.#fail(new BusUnavailable("the bus closed the connection")),
          error: (_socket, error) => bus.#fail(new BusUnavailable(error.message)),
        },
      });
    } catch (error) {
      const reason = errorText(error);
      throw new BusUnavailable(`no bus at ${JSON.stringify(path)}: ${reason}`);
    }
    bus.#send(Buffer.from(GREETING));
    try {
      await bus.call({
        destination: BUS,
        path: "/org/freedesktop/DBus",
        interface: BUS,
        member: "Hello",
      });
    } catch (error) {
      bus[Symbol.dispose]();
      throw error;
    }
    return bus;
  }

  /** Whether a connection owns the name, so that calls to it would arrive. */
  async hasOwner(name: string): Promise<boolean> {
    const place = { destination: BUS, path: "/org/freedesktop/DBus", interface: BUS };
    return (await this.call({ ...place, member: "NameHasOwner", args: [name] })) === true;
  }

  /** Asks for signals, by the rules of the D-Bus specification, "Match Rules". */
  async listen(rule: string): Promise<void> {
    const place = { destination: BUS, path: "/org/freedesktop/DBus", interface: BUS };
    await this.call({ ...place, member: "AddMatch", args: [rule] });
  }

  /**
   * Calls a method; gives the first value of the answer. A service that does not run is not started.
   * @throws DbusError when the other side answers with an error, BusUnavailable without an answer.
   */
  async call(call: MethodCall): Promise<Value> {
    if (this.#failure !== undefined) throw this.#failure;
    const serial = ++this.#serial;
    const answer = Promise.withResolvers<Value>();
    this.#waiting.set(serial, answer);
    const timer = setTimeout(() => {
      const what = `${call.destination} did not answer ${call.member}`;
      answer.reject(new BusUnavailable(`${what} within ${this.#timeoutMs / 1000} s`, true));
    }, this.#timeoutMs);
    try {
      this.#send(encodeCall(call, serial));
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(serial);
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#fail(new BusUnavailable("the connection was closed"));
    this.#socket?.end();
  }

  #send(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
    this.#flush();
  }

  #flush(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const sent = Math.max(0, this.#socket?.write(next) ?? 0);
      if (sent < next.length) {
        this.#unsent[0] = next.subarray(sent);
        return;
      }
      this.#unsent.shift();
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    try {
      if (!this.#isAgreed && !this.#agree()) return;
      this.#deliverAll();
    } catch (error) {
      const reason = errorText(error);
      this.#fail(new BusUnavailable(`the bus is not understood: ${reason}`));
      this.#socket?.end();
    }
  }

  /** The bus greets in lines of text; messages follow. */
  #agree(): boolean {
    const text = Buffer.from(this.#received.subarray(0, GREETING_ANSWER_MAX)).toString("latin1");
    const agreed = AGREED.exec(text);
    if (agreed !== null) {
      this.#received = this.#received.subarray(agreed[0].length);
      this.#isAgreed = true;
      return true;
    }
    if (text.includes("REJECTED") || text.includes("ERROR")) throw new Error("it rejected us");
    if (text.length === GREETING_ANSWER_MAX) throw new Error("it did not greet");
    return false;
  }

  #deliverAll(): void {
    for (;;) {
      const length = messageLength(this.#received);
      if (length === undefined || this.#received.length < length) return;
      const message = decodeMessage(this.#received.subarray(0, length));
      const { type, replySerial, errorName, value } = message;
      this.#received = this.#received.subarray(length);
      const waiting = this.#waiting.get(replySerial ?? 0);
      if (type === MessageType.SIGNAL) {
        const { interface: place = "", member = "" } = message;
        this.#options.onSignal?.({ interface: place, member, value });
      }
      if (type === MessageType.RETURN) waiting?.resolve(value);
      if (type === MessageType.ERROR) {
        waiting?.reject(new DbusError(errorName ?? "", typeof value === "string" ? value : ""));
      }
    }
  }

  #fail(error: Error): void {
    const isFirst = this.#failure === undefined;
    this.#failure ??= error;
    if (isFirst && !this.#isDisposed) this.#options.onEnd?.(error);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
  }
}
