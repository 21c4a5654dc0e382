import { ByteWriter } from "../../bytes/index.ts";
import {
  type Acknowledgement,
  decodeAcknowledgement,
  encodeMessage,
  type NetlinkMessage,
  type NetlinkSocket,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from "../netlink/index.ts";
import { Errno, isKernelError, KernelError } from "../sys/index.ts";
import type { Command } from "./batch.ts";
import { elementIndexAt } from "./element.ts";
import { NftablesError } from "./error.ts";
import { batchPayload, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END } from "./header.ts";

/**
 * The datagram of a transaction: begin, the commands, end, numbered from `first` on. Only the last
 * command asks for an acknowledgement: the kernel always reports refusals, and thousands of
 * acknowledgements would not fit into the socket's buffer.
 */
export function encodeTransaction(
  commands: readonly Command[],
  first: number,
  generation?: number,
): Uint8Array {
  const writer = new ByteWriter(1024);
  const begin = batchPayload(generation);
  encodeMessage(writer, control(NFNL_MSG_BATCH_BEGIN, begin), first);
  commands.forEach((command, index) => {
    const flags = index === commands.length - 1 ? command.flags | NLM_F_ACK : command.flags;
    encodeMessage(writer, { ...command, flags }, first + 1 + index);
  });
  encodeMessage(writer, control(NFNL_MSG_BATCH_END, batchPayload()), first + 1 + commands.length);
  return writer.finish();
}

/** Sends commands as one transaction and throws NftablesError when the kernel refuses it. */
export function runTransaction(
  socket: NetlinkSocket,
  commands: readonly Command[],
  generation?: number,
): void {
  const first = socket.nextSequence(commands.length + 2);
  socket.sendRaw(encodeTransaction(commands, first, generation));
  let confirmed = false;
  let refused: Refusal | undefined;
  for (const message of answers(socket)) {
    const index = message.sequence - first - 1;
    const answer = decodeAcknowledgement(message);
    if (answer === undefined || index < -1 || index > commands.length) continue;
    if (answer.errno === 0) confirmed ||= index === commands.length - 1;
    else refused = earlier(refused, { index, answer });
  }
  if (refused !== undefined) throw refusalError(commands, refused);
  // Neither yes nor no can only mean that the answer itself was lost.
  if (!confirmed) throw new KernelError(describe(commands), Errno.ENOBUFS);
}

interface Refusal {
  /** Place of the command; -1 is the transaction as a whole. */
  readonly index: number;
  readonly answer: Acknowledgement;
}

function control(type: number, payload: Uint8Array) {
  return { type, flags: NLM_F_REQUEST, payload };
}

// nfnetlink works a datagram off inside send(2) and queues all answers before that returns, so
// the queue is read until it is empty; then nothing of this transaction can be left in it.
function* answers(socket: NetlinkSocket): Generator<NetlinkMessage> {
  do {
    try {
      yield* socket.receiveRaw();
    } catch (error) {
      // More refusals than the buffer holds: those that fitted, the first ones, are still there.
      if (!isKernelError(error, Errno.ENOBUFS)) throw error;
    }
  } while (socket.poll(0));
}

function earlier(known: Refusal | undefined, found: Refusal): Refusal {
  return known !== undefined && known.index <= found.index ? known : found;
}

function refusalError(commands: readonly Command[], { index, answer }: Refusal): NftablesError {
  const command = commands[index];
  const { errno, extack, offset } = answer;
  if (command === undefined) {
    return new NftablesError(describe(commands), errno, { index: -1 }, { extack, offset });
  }
  const element = refusedElement(command, offset);
  const { text } = command;
  const one = element === undefined || command.elements?.count === 1;
  const operation = one ? text : `${text}, element ${element}`;
  return new NftablesError(operation, errno, { index, element }, { extack, offset });
}

function refusedElement(command: Command, offset: number | undefined): number | undefined {
  const { elements, payload } = command;
  if (elements === undefined || offset === undefined) return undefined;
  const index = elementIndexAt(payload, offset);
  return index === undefined ? undefined : elements.first + index;
}

function describe(commands: readonly Command[]): string {
  const [only] = commands;
  if (only !== undefined && commands.length === 1) return only.text;
  return `nftables transaction of ${commands.length} commands`;
}
