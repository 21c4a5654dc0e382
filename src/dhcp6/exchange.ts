import type { Ip } from "../addr/index.ts";
import { ByteWriter, sameBytes } from "../bytes/index.ts";
import { MessageType, OptionCode, StatusCode } from "./constant.ts";
import { type Lease, LeaseRefusal, readLease, serverOf } from "./lease.ts";
import type { Message } from "./message.ts";
import { encodeOptions, type Option, optionOf } from "./options.ts";

/** The client's side of every message. */
export interface Client {
  /** The client's DUID. */
  readonly duid: Uint8Array;
  /** The identity association for one interface, 32 bits. */
  readonly iaid: number;
  /** Codes of the options asked for, option 6. */
  readonly request: readonly number[];
}

/** The purpose of an exchange. */
export type Goal =
  | { readonly kind: "acquire" }
  /** More time, from the server that granted it. */
  | { readonly kind: "renew"; readonly address: Ip; readonly server: Uint8Array }
  /** More time, from any server; after a restart too. */
  | { readonly kind: "rebind"; readonly address: Ip };

/** The effect of a message that was received. */
export type Outcome =
  /** Not for this client, not expected now, or wrong; `reason` says what was wrong with one for it. */
  | { readonly kind: "ignored"; readonly reason?: string }
  /** There is a new message to send. */
  | { readonly kind: "progress" }
  | { readonly kind: "bound"; readonly lease: Lease }
  /** The server says no. */
  | { readonly kind: "refused"; readonly reason: string };

const IGNORED: Outcome = { kind: "ignored" };
/** In hundredths of a second, 16 bits. */
const ELAPSED_MAX = 0xffff;

interface Offer {
  readonly address: Ip;
  readonly server: Uint8Array;
}

/**
 * The client's side of one transaction (RFC 8415, section 18.2), without sockets and clocks: it gives
 * the messages to send and judges the answers. The caller decides when to send again.
 */
export class Exchange {
  readonly #client: Client;
  readonly #goal: Goal;
  readonly #xid: number;
  #offer: Offer | undefined;

  constructor(client: Client, goal: Goal, xid: number) {
    this.#client = client;
    this.#goal = goal;
    this.#xid = xid & 0xffffff;
  }

  /** Whether an offer was chosen and its grant is awaited. */
  get requesting(): boolean {
    return this.#offer !== undefined;
  }

  /** Begins again with SOLICIT: the server that made the offer does not answer any more. */
  restart(): void {
    this.#offer = undefined;
  }

  /** The message to send now, so long after the exchange began. */
  message(elapsedMs: number): Message {
    const { kind } = this.#goal;
    const elapsed = Math.min(Math.floor(elapsedMs / 10), ELAPSED_MAX);
    const server = this.#goal.kind === "renew" ? this.#goal.server : this.#offer?.server;
    const address = this.#goal.kind === "acquire" ? this.#offer?.address : this.#goal.address;
    const type =
      kind === "renew"
        ? MessageType.RENEW
        : kind === "rebind"
          ? MessageType.REBIND
          : server === undefined
            ? MessageType.SOLICIT
            : MessageType.REQUEST;
    return {
      type,
      xid: this.#xid,
      options: [
        [OptionCode.CLIENTID, this.#client.duid],
        ...(server === undefined ? [] : [[OptionCode.SERVERID, server] as const]),
        [OptionCode.ELAPSED_TIME, new ByteWriter(2).u16be(elapsed).finish()],
        association(this.#client.iaid, address),
        ...requested(this.#client.request),
      ],
    };
  }

  /** Judges a message from a server. */
  receive(answer: Message): Outcome {
    if (answer.xid !== this.#xid) return IGNORED;
    const client = optionOf(answer.options, OptionCode.CLIENTID);
    if (client === undefined || !sameBytes(client, this.#client.duid)) return IGNORED;
    const solicits = this.#goal.kind === "acquire" && this.#offer === undefined;
    if (answer.type !== (solicits ? MessageType.ADVERTISE : MessageType.REPLY)) return IGNORED;
    const server = serverOf(answer.options);
    if (server === undefined) return ignored("an answer without a server's identifier");
    return solicits ? this.#onAdvertise(answer, server) : this.#onReply(answer, server);
  }

  #onAdvertise(answer: Message, server: Uint8Array): Outcome {
    try {
      const { address } = readLease(answer.options, server, this.#client.iaid);
      this.#offer = { address, server };
      return { kind: "progress" };
    } catch (error) {
      if (error instanceof LeaseRefusal) return ignored(`an offer: ${error.message}`);
      throw error;
    }
  }

  #onReply(answer: Message, server: Uint8Array): Outcome {
    const goal = this.#goal;
    const expected = goal.kind === "renew" ? goal.server : this.#offer?.server;
    if (expected !== undefined && !sameBytes(expected, server)) {
      return ignored("a reply from another server");
    }
    const wanted = goal.kind === "acquire" ? this.#offer?.address : goal.address;
    try {
      return {
        kind: "bound",
        lease: readLease(answer.options, server, this.#client.iaid, wanted),
      };
    } catch (error) {
      if (!(error instanceof LeaseRefusal)) throw error;
      // A server that fails for the moment has not decided anything.
      if (error.status === StatusCode.UNSPEC_FAIL) return ignored(error.message);
      return { kind: "refused", reason: `the server refuses the address: ${error.message}` };
    }
  }
}

/** The message that gives an address back (RFC 8415, 18.2.7). */
export function releaseMessage(
  client: Pick<Client, "duid" | "iaid">,
  lease: { readonly address: Ip; readonly server: Uint8Array },
  xid: number,
): Message {
  return {
    type: MessageType.RELEASE,
    xid: xid & 0xffffff,
    options: [
      [OptionCode.CLIENTID, client.duid],
      [OptionCode.SERVERID, lease.server],
      [OptionCode.ELAPSED_TIME, new Uint8Array(2)],
      association(client.iaid, lease.address),
    ],
  };
}

/** IA_NA without times of its own, with the address that is spoken of. */
function association(iaid: number, address: Ip | undefined): Option {
  const writer = new ByteWriter().u32be(iaid).u32be(0).u32be(0);
  if (address !== undefined) {
    const value = new ByteWriter(24).bytes(address.bytes).u32be(0).u32be(0).finish();
    writer.bytes(encodeOptions([[OptionCode.IAADDR, value]]));
  }
  return [OptionCode.IA_NA, writer.finish()];
}

function requested(codes: readonly number[]): Option[] {
  if (codes.length === 0) return [];
  const writer = new ByteWriter();
  for (const code of codes) writer.u16be(code);
  return [[OptionCode.ORO, writer.finish()]];
}

function ignored(reason: string): Outcome {
  return { kind: "ignored", reason };
}
