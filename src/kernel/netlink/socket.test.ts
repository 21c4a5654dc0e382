import { describe, expect, test } from "bun:test";
import { ByteWriter } from "../../bytes/index.ts";
import { Errno, KernelError } from "../sys/index.ts";
import {
  AttributeWriter,
  BatchError,
  type Datagram,
  decodeAcknowledgement,
  decodeMessages,
  drain,
  messageBytes,
  type NetlinkMessage,
  type NetlinkPort,
  type NetlinkRequest,
  NetlinkSocket,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
} from "./index.ts";

const HELLO: NetlinkRequest = { type: 18, flags: 0, payload: Uint8Array.of(1, 2, 3, 4) };
const NAMED = 16;

type Reply = Uint8Array | Datagram;

/** A made-up kernel: a function from the messages of a datagram to the datagrams of the answer. */
class FakeKernel implements NetlinkPort {
  readonly portId: number = 77;
  readonly seen: NetlinkMessage[][] = [];
  readonly queue: Datagram[] = [];
  readonly #answer: (messages: readonly NetlinkMessage[], round: number) => readonly Reply[];

  constructor(answer: (messages: readonly NetlinkMessage[], round: number) => readonly Reply[]) {
    this.#answer = answer;
  }

  send(datagram: Uint8Array): void {
    const messages = decodeMessages(datagram);
    this.seen.push(messages);
    const replies = this.#answer(messages, this.seen.length);
    this.queue.push(...replies.map((r) => (r instanceof Uint8Array ? { bytes: r, group: 0 } : r)));
  }

  receive(): Datagram {
    const next = this.queue.shift();
    if (next === undefined) throw new Error("the answer is missing");
    return next;
  }

  poll(): boolean {
    return this.queue.length > 0;
  }

  [Symbol.dispose](): void {
    this.queue.length = 0;
  }
}

function ack(sequence: number, errno = 0, extack?: string, offset?: number): Uint8Array {
  const writer = new ByteWriter().i32(-errno).u32(20).u16(18).u16(5).u32(sequence).u32(0);
  const attributes = new AttributeWriter(writer);
  if (extack !== undefined) attributes.string(1, extack);
  if (offset !== undefined) attributes.u32(2, offset);
  const flags = NLM_F_CAPPED | (extack === undefined && offset === undefined ? 0 : NLM_F_ACK_TLVS);
  return messageBytes({ type: NLMSG_ERROR, flags, payload: attributes.finish() }, sequence);
}

function named(sequence: number, name: string, flags = NLM_F_MULTI): Uint8Array {
  const payload = new TextEncoder().encode(name.padEnd(4));
  return messageBytes({ type: NAMED, flags, payload }, sequence);
}

function done(sequence: number, errno = 0, flags = NLM_F_MULTI): Uint8Array {
  const payload = new ByteWriter().i32(-errno).finish();
  return messageBytes({ type: NLMSG_DONE, flags, payload }, sequence);
}

function names(messages: readonly NetlinkMessage[]): string[] {
  return messages.map((message) => new TextDecoder().decode(message.payload).trim());
}

function caught<E extends Error>(kind: new (...args: never[]) => E, action: () => unknown): E {
  try {
    action();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const sequenceOf = (messages: readonly NetlinkMessage[]): number => messages[0]?.sequence ?? 0;

describe("request", () => {
  test("asks for an acknowledgement and gives what comes before it", () => {
    const kernel = new FakeKernel((m) => [named(sequenceOf(m), "lo", 0), ack(sequenceOf(m))]);
    using socket = NetlinkSocket.over(kernel);
    expect(names(socket.request(HELLO))).toEqual(["lo"]);
    expect(kernel.seen[0]?.[0]).toMatchObject({ type: 18, flags: 5, sequence: 1, portId: 0 });
  });

  test("a refusal tells operation, errno, the kernel's words and the offset", () => {
    const kernel = new FakeKernel((m) => [ack(sequenceOf(m), 95, "Unknown device type", 44)]);
    using socket = NetlinkSocket.over(kernel);
    const error = caught(KernelError, () => socket.request(HELLO, "add link x"));
    expect(error).toMatchObject({ code: "EOPNOTSUPP", extack: "Unknown device type", offset: 44 });
    expect(error.message).toBe("add link x: operation not supported: Unknown device type");
  });

  test("an answer to an older call is passed over", () => {
    const kernel = new FakeKernel((m) => [
      ack(sequenceOf(m) + 1000, 17),
      named(sequenceOf(m) - 1, "old"),
      ack(sequenceOf(m)),
    ]);
    using socket = NetlinkSocket.over(kernel);
    expect(socket.request(HELLO)).toEqual([]);
  });

  test("events between the answers are kept for receive, when groups are heard", () => {
    const kernel = new FakeKernel((m) => [
      { bytes: named(0, "evnt", 0), group: 1 },
      ack(sequenceOf(m)),
    ]);
    using socket = NetlinkSocket.over(kernel, true);
    expect(socket.request(HELLO)).toEqual([]);
    expect(names(socket.receive(0))).toEqual(["evnt"]);
    expect(socket.receive(0)).toEqual([]);
  });
});

describe("dump", () => {
  test("gathers several datagrams up to the end", () => {
    const kernel = new FakeKernel((m) => {
      const s = sequenceOf(m);
      return [Buffer.concat([named(s, "a"), named(s, "b")]), named(s, "c"), done(s)];
    });
    using socket = NetlinkSocket.over(kernel);
    expect(names(socket.dump(HELLO))).toEqual(["a", "b", "c"]);
    expect(kernel.seen[0]?.[0]?.flags).toBe(0x301);
  });

  test("one whose rest another call has met does not hold the next one up", () => {
    const kernel = new FakeKernel((m, round) => {
      const s = sequenceOf(m);
      return round === 2 ? [ack(s)] : [named(s, "a"), done(s)];
    });
    using socket = NetlinkSocket.over(kernel);
    const stop = (): never => {
      throw new Error("enough");
    };
    expect(() => socket.collect(HELLO, stop)).toThrow("enough");
    socket.request(HELLO);
    expect(names(socket.dump(HELLO))).toEqual(["a"]);
  });

  test("an interrupted one is asked again, and only the new answer counts", () => {
    const kernel = new FakeKernel((m, round) => {
      const s = sequenceOf(m);
      const flags = round < 3 ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI;
      return [named(s, `r${round}`, flags), done(s)];
    });
    using socket = NetlinkSocket.over(kernel);
    expect(names(socket.dump(HELLO))).toEqual(["r3"]);
    expect(kernel.seen.map(sequenceOf)).toEqual([1, 2, 3]);
  });

  test("the mark of an interruption may stand on the end alone", () => {
    const kernel = new FakeKernel((m, round) => {
      const flags = round === 1 ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI;
      return [named(sequenceOf(m), `r${round}`), done(sequenceOf(m), 0, flags)];
    });
    using socket = NetlinkSocket.over(kernel);
    expect(names(socket.dump(HELLO))).toEqual(["r2"]);
  });

  test("after five interruptions the data is used as it is", () => {
    const kernel = new FakeKernel((m, round) => [
      named(sequenceOf(m), `r${round}`, NLM_F_MULTI | NLM_F_DUMP_INTR),
      done(sequenceOf(m)),
    ]);
    using socket = NetlinkSocket.over(kernel);
    expect(names(socket.dump(HELLO))).toEqual(["r5"]);
    expect(kernel.seen.length).toBe(5);
  });

  test("an error at its end, at its start and an overrun are thrown", () => {
    const answers = [
      (s: number) => [named(s, "a"), done(s, 2)],
      (s: number) => [ack(s, 22, "Invalid values")],
      (s: number) => [messageBytes({ type: NLMSG_OVERRUN, flags: 0, payload: HELLO.payload }, s)],
    ];
    const codes = answers.map((answer) => {
      using socket = NetlinkSocket.over(new FakeKernel((m) => answer(sequenceOf(m))));
      return caught(KernelError, () => socket.dump(HELLO)).code;
    });
    expect(codes).toEqual(["ENOENT", "EINVAL", "ENOBUFS"]);
  });
});

describe("batch", () => {
  const three = [HELLO, HELLO, HELLO];

  test("goes out as one datagram with a sequence number each", () => {
    const kernel = new FakeKernel((m) => m.map((one) => ack(one.sequence)));
    using socket = NetlinkSocket.over(kernel);
    socket.batch(three);
    expect(kernel.seen.map((m) => m.map((one) => one.sequence))).toEqual([[1, 2, 3]]);
  });

  test("the first refusal is thrown with its index and its operation, and all are listed", () => {
    const kernel = new FakeKernel((m) =>
      m.map((one, at) => ack(one.sequence, at === 0 ? 0 : 16 + at, `number ${at}`)),
    );
    using socket = NetlinkSocket.over(kernel);
    const error = caught(BatchError, () => socket.batch(three, ["first", "second", "third"]));
    expect(error).toMatchObject({ index: 1, code: "EEXIST", operation: "second" });
    expect(error.message).toBe("second: file exists: number 1");
    expect(error.failures.map((f) => [f.index, f.error.code])).toEqual([
      [1, "EEXIST"],
      [2, "EXDEV"],
    ]);
  });

  test("a long one is split, and indexes count through", () => {
    const kernel = new FakeKernel((m) =>
      m.map((one) => ack(one.sequence, one.sequence === 300 ? 17 : 0)),
    );
    using socket = NetlinkSocket.over(kernel);
    const many = Array.from({ length: 400 }, () => HELLO);
    expect(caught(BatchError, () => socket.batch(many)).index).toBe(299);
    expect(kernel.seen.length).toBeGreaterThan(1);
    expect(kernel.seen.flat().length).toBe(400);
  });

  test("nothing to send is nothing sent", () => {
    const kernel = new FakeKernel(() => []);
    using socket = NetlinkSocket.over(kernel);
    socket.batch([]);
    expect(kernel.seen).toEqual([]);
  });
});

describe("messages", () => {
  test("a length that does not fit the datagram throws", () => {
    expect(() => decodeMessages(new ByteWriter().u32(17).zero(12).finish())).toThrow(RangeError);
    expect(() => decodeMessages(new ByteWriter().u32(15).zero(12).finish())).toThrow(RangeError);
    expect(() => decodeMessages(new Uint8Array(3))).toThrow(RangeError);
  });

  test("an acknowledgement that repeats the whole request is read behind it", () => {
    const writer = new ByteWriter().i32(-17).u32(22).u16(18).u16(5).u32(1).u32(0).zero(6).align(4);
    const payload = new AttributeWriter(writer).string(1, "taken").finish();
    const message = { type: NLMSG_ERROR, flags: NLM_F_ACK_TLVS, sequence: 1, portId: 0, payload };
    expect(decodeAcknowledgement(message)).toEqual({ errno: 17, extack: "taken" });
  });

  test("sequence numbers never run over their field", () => {
    using socket = NetlinkSocket.over(new FakeKernel(() => []));
    socket.nextSequence(0xfffffffe);
    expect(socket.nextSequence(2)).toBe(1);
  });
});

test("behind a list that is not read to its end a batch is sent in small parts", () => {
  const kernel = new FakeKernel((m, round) =>
    round === 1 ? [named(sequenceOf(m), "a")] : m.map(({ sequence }) => ack(sequence)),
  );
  using socket = NetlinkSocket.over(kernel);
  socket.collect(HELLO, (message) => message, { first: true });
  socket.batch(new Array<NetlinkRequest>(70).fill(HELLO));
  expect(kernel.seen.map(({ length }) => length)).toEqual([1, 32, 32, 6]);
});

describe("drain", () => {
  const event: NetlinkMessage = {
    type: NAMED,
    flags: 0,
    sequence: 0,
    portId: 0,
    payload: HELLO.payload,
  };

  test("gives what waits, and says when some of it was lost", () => {
    const replies = [[event], new KernelError("recvfrom", Errno.ENOBUFS), [event, event], []];
    const receive = (): NetlinkMessage[] => {
      const next = replies.shift();
      if (next instanceof Error) throw next;
      return next ?? [];
    };
    expect(drain({ receive }, 5)).toEqual({ messages: [event, event, event], isWhole: false });
    expect(drain({ receive }, 5)).toEqual({ messages: [], isWhole: true });
  });

  test("ends in a flood", () => {
    const { messages, isWhole } = drain({ receive: () => [event, event] }, 0, 5);
    expect([messages.length, isWhole]).toEqual([6, false]);
  });
});
