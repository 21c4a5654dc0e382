import type { Ip, Mac } from "../addr/index.ts";
import { ByteWriter, printableAscii } from "../bytes/index.ts";
import { BOOTREPLY, BOOTREQUEST, MAX_MESSAGE, MessageType, OptionCode } from "./constant.ts";
import { type Lease, LeaseRefusal, offeredAddress, readLease, serverOf } from "./lease.ts";
import { type Message, UNSPECIFIED } from "./message.ts";
import type { Options } from "./options.ts";

/** Headers of IP and UDP, which option 57 counts in. */
const HEADERS = 28;

/** The client's side of every message. */
export interface Client {
  readonly mac: Mac;
  /** Option 61. */
  readonly clientId: Uint8Array;
  /** Ask for answers by broadcast. */
  readonly broadcast: boolean;
  /** Options to send; they replace those that the client sends by default. */
  readonly provide: Options;
  /** Codes of the options asked for, option 55. */
  readonly request: readonly number[];
}

/** The purpose of an exchange. */
export type Goal =
  | { readonly kind: "acquire"; readonly wish?: Ip | undefined }
  /** The same address again, after a restart. */
  | { readonly kind: "reboot"; readonly address: Ip }
  /** More time, from the server that granted it. */
  | { readonly kind: "renew"; readonly address: Ip; readonly server: Ip }
  /** More time, from any server. */
  | { readonly kind: "rebind"; readonly address: Ip };

/** The effect of a message that was received. */
export type Outcome =
  /** Not for this client, not expected now, or wrong; `reason` says what was wrong with one for it. */
  | { readonly kind: "ignored"; readonly reason?: string }
  /** There is a new message to send. */
  | { readonly kind: "progress" }
  | { readonly kind: "bound"; readonly lease: Lease }
  /** The server says no. */
  | { readonly kind: "refused"; readonly reason: string }
  /** What the server granted is of no use; it should be given back. */
  | {
      readonly kind: "useless";
      readonly reason: string;
      readonly address: Ip;
      readonly server: Ip;
    };

const IGNORED: Outcome = { kind: "ignored" };

interface Offer {
  readonly address: Ip;
  readonly server: Ip;
}

/**
 * The client's side of one transaction (RFC 2131, section 4.4), without sockets and clocks: it gives
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
    this.#xid = xid;
  }

  /** Whether an offer was chosen and its grant is awaited. */
  get requesting(): boolean {
    return this.#offer !== undefined;
  }

  /** Begins again with DISCOVER: the server that made the offer does not answer any more. */
  restart(): void {
    this.#offer = undefined;
  }

  /** The message to send now; `seconds` since the exchange began. */
  message(seconds: number): Message {
    const goal = this.#goal;
    const own: [number, Uint8Array][] = [];
    let ciaddr = UNSPECIFIED;
    if (goal.kind === "acquire") {
      const wish = this.#offer?.address ?? goal.wish;
      if (wish !== undefined) own.push([OptionCode.REQUESTED_ADDRESS, wish.bytes]);
      if (this.#offer !== undefined) own.push([OptionCode.SERVER_ID, this.#offer.server.bytes]);
    } else if (goal.kind === "reboot") {
      own.push([OptionCode.REQUESTED_ADDRESS, goal.address.bytes]);
    } else {
      ciaddr = goal.address;
    }
    const discovers = goal.kind === "acquire" && this.#offer === undefined;
    return {
      op: BOOTREQUEST,
      xid: this.#xid,
      secs: seconds,
      broadcast: this.#client.broadcast && ciaddr.isUnspecified,
      ciaddr,
      yiaddr: UNSPECIFIED,
      giaddr: UNSPECIFIED,
      chaddr: this.#client.mac,
      type: discovers ? MessageType.DISCOVER : MessageType.REQUEST,
      options: clientOptions(this.#client, own),
    };
  }

  /** Judges a message from a server. */
  receive(reply: Message): Outcome {
    if (reply.op !== BOOTREPLY || reply.xid !== this.#xid) return IGNORED;
    if (!reply.chaddr.equals(this.#client.mac)) return IGNORED;
    if (this.#goal.kind === "acquire" && this.#offer === undefined) return this.#onOffer(reply);
    if (reply.type === MessageType.NAK) return this.#onNak(reply);
    return reply.type === MessageType.ACK ? this.#onAck(reply) : IGNORED;
  }

  #onOffer(reply: Message): Outcome {
    if (reply.type !== MessageType.OFFER) return IGNORED;
    const server = serverOf(reply.options);
    if (server === undefined) return ignored("an offer without a server's address");
    try {
      this.#offer = { address: offeredAddress(reply, server), server };
      return { kind: "progress" };
    } catch (error) {
      if (error instanceof LeaseRefusal) return ignored(error.message);
      throw error;
    }
  }

  #onNak(reply: Message): Outcome {
    const goal = this.#goal;
    const expected = this.#offer?.server ?? (goal.kind === "renew" ? goal.server : undefined);
    const server = serverOf(reply.options);
    if (server === undefined || (expected !== undefined && !server.equals(expected))) {
      return ignored("a refusal from another server");
    }
    return { kind: "refused", reason: refusalText(reply.options, server) };
  }

  #onAck(reply: Message): Outcome {
    const goal = this.#goal;
    const known = this.#offer?.server ?? (goal.kind === "renew" ? goal.server : undefined);
    const server = serverOf(reply.options) ?? known;
    if (server === undefined) return ignored("a grant without a server's address");
    // The chosen server has to grant. A renewal may come from another machine of the same service.
    if (this.#offer !== undefined && !server.equals(this.#offer.server)) {
      return ignored("a grant from another server");
    }
    const wanted = goal.kind === "acquire" ? this.#offer?.address : goal.address;
    if (wanted === undefined || !reply.yiaddr.equals(wanted)) {
      return ignored(`a grant of another address, ${reply.yiaddr.toString()}`);
    }
    try {
      return { kind: "bound", lease: readLease(reply, server) };
    } catch (error) {
      if (!(error instanceof LeaseRefusal)) throw error;
      return { kind: "useless", reason: error.message, address: wanted, server };
    }
  }
}

/** The message that gives an address back (RFC 2131, 4.4.6). */
export function releaseMessage(
  client: Pick<Client, "mac" | "clientId">,
  lease: { readonly address: Ip; readonly server: Ip },
  xid: number,
): Message {
  return {
    op: BOOTREQUEST,
    xid,
    secs: 0,
    broadcast: false,
    ciaddr: lease.address,
    yiaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr: client.mac,
    type: MessageType.RELEASE,
    options: new Map([
      [OptionCode.SERVER_ID, lease.server.bytes],
      [OptionCode.CLIENT_ID, client.clientId],
    ]),
  };
}

function clientOptions(client: Client, own: readonly [number, Uint8Array][]): Options {
  const size = new ByteWriter(2).u16be(MAX_MESSAGE + HEADERS).finish();
  const options = new Map<number, Uint8Array>([
    ...own,
    [OptionCode.MAX_MESSAGE_SIZE, size],
    [OptionCode.CLIENT_ID, client.clientId],
  ]);
  if (client.request.length > 0) {
    options.set(OptionCode.PARAMETER_LIST, Uint8Array.from(client.request));
  }
  for (const [code, value] of client.provide) options.set(code, value);
  return options;
}

function ignored(reason: string): Outcome {
  return { kind: "ignored", reason };
}

/** Option 56 is text of the server, and may hold any byte. */
function refusalText(options: Options, server: Ip): string {
  const words = options.get(OptionCode.MESSAGE) ?? new Uint8Array();
  const text = printableAscii(words, 200);
  const said = text === "" ? "" : `: ${text}`;
  return `server ${server.toString()} refuses the address${said}`;
}
