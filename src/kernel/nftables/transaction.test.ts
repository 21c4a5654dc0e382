import { expect, test } from "bun:test";
import { ByteWriter } from "../../bytes/index.ts";
import {
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  type NetlinkPort,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_ERROR,
} from "../netlink/index.ts";
import { Errno, KernelError } from "../sys/index.ts";
import { Batch } from "./batch.ts";
import { NftablesError } from "./error.ts";
import { encodeTransaction, runTransaction } from "./transaction.ts";

/** A kernel that answers each transaction with what a test says. */
class MadeUpKernel implements NetlinkPort {
  readonly portId = 7;
  readonly sent: NetlinkMessage[][] = [];
  readonly #queue: (Uint8Array | KernelError)[] = [];
  readonly #answer: (messages: NetlinkMessage[]) => (Uint8Array | KernelError)[];

  constructor(answer: (messages: NetlinkMessage[]) => (Uint8Array | KernelError)[]) {
    this.#answer = answer;
  }

  send(datagram: Uint8Array): void {
    const messages = decodeMessages(datagram);
    this.sent.push(messages);
    this.#queue.push(...this.#answer(messages));
  }

  receive(): { bytes: Uint8Array; group: number } {
    const next = this.#queue.shift();
    if (next === undefined) throw new KernelError("recv", Errno.EAGAIN);
    if (next instanceof KernelError) throw next;
    return { bytes: next, group: 0 };
  }

  poll(): boolean {
    return this.#queue.length > 0;
  }

  [Symbol.dispose](): void {}
}

function answer(message: NetlinkMessage | undefined, errno: number): Uint8Array {
  if (message === undefined) throw new Error("no such message");
  const payload = new ByteWriter().i32(-errno).u32(16).u16(message.type).u16(message.flags);
  payload.u32(message.sequence).u32(0);
  const writer = new ByteWriter();
  const type = NLMSG_ERROR;
  encodeMessage(writer, { type, flags: 0x100, payload: payload.finish() }, message.sequence);
  return writer.finish();
}

function tables(count: number): Batch {
  const batch = new Batch();
  for (let i = 0; i < count; i++) batch.addTable({ family: "inet", name: `t${i}` });
  return batch;
}

function refused(kernel: MadeUpKernel, batch: Batch): unknown {
  using socket = NetlinkSocket.over(kernel);
  try {
    runTransaction(socket, batch.commands);
    return undefined;
  } catch (error) {
    return error;
  }
}

test("a transaction is begin, commands and end in one datagram, in the form of nft", () => {
  // nft -f with `add table inet t0`: begin and end of
  // `strace -e trace=sendmsg -e write=3 nft add table inet t0`, apart from sequence numbers.
  const bytes = encodeTransaction(tables(1).commands, 0);
  expect(bytes.toHex()).toBe(
    "14000000100001000000000000000000" +
      "0000000a" +
      "24000000000a05000100000000000000" +
      "01000000070001007430000008000200" +
      "00000000" +
      "14000000110001000200000000000000" +
      "0000000a",
  );
});

test("the generation stands in the begin message", () => {
  const [begin] = decodeMessages(encodeTransaction(tables(1).commands, 5, 0x1234));
  expect(begin?.payload.toHex()).toBe("0000000a0800010000001234");
  expect(begin?.sequence).toBe(5);
});

test("only the last command asks for an acknowledgement", () => {
  const flags = decodeMessages(encodeTransaction(tables(3).commands, 1)).map((m) => m.flags);
  const quiet = NLM_F_REQUEST;
  expect(flags).toEqual([quiet, quiet, quiet, quiet | NLM_F_ACK, quiet]);
});

test("an acknowledgement of the last command is success", () => {
  const kernel = new MadeUpKernel((messages) => [answer(messages.at(-2), 0)]);
  expect(refused(kernel, tables(3))).toBeUndefined();
});

test("a refusal counts even when the last command was acknowledged", () => {
  const kernel = new MadeUpKernel((m) => [answer(m[2], Errno.EEXIST), answer(m[3], 0)]);
  expect(refused(kernel, tables(3))).toMatchObject({
    code: "EEXIST",
    index: 1,
    operation: "add table inet t1",
  });
});

test("the refusal of the begin message is that of the whole transaction", () => {
  const kernel = new MadeUpKernel((m) => [answer(m[0], Errno.ERESTART)]);
  const error = refused(kernel, tables(3));
  expect(error).toMatchObject({ code: "ERESTART", index: -1, generationChanged: true });
  expect(error).toBeInstanceOf(NftablesError);
});

test("when answers were lost, those that came tell the first refusal", () => {
  const kernel = new MadeUpKernel((m) => [
    new KernelError("recv", Errno.ENOBUFS),
    answer(m[1], Errno.ENOENT),
    answer(m[2], Errno.ENOENT),
  ]);
  expect(refused(kernel, tables(3))).toMatchObject({ code: "ENOENT", index: 0 });
});

test("when all answers were lost, nobody is told that it went well", () => {
  const kernel = new MadeUpKernel(() => [new KernelError("recv", Errno.ENOBUFS)]);
  expect(refused(kernel, tables(2))).toMatchObject({ code: "ENOBUFS" });
});

test("an answer left over from another transaction is not taken for ours", () => {
  const kernel = new MadeUpKernel((m) => {
    const stale = { ...(m[0] as NetlinkMessage), sequence: 9999 };
    return [answer(stale, Errno.EPERM), answer(m.at(-2), 0)];
  });
  expect(refused(kernel, tables(1))).toBeUndefined();
});
