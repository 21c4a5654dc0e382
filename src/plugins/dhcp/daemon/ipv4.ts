import { type Mac, Prefix } from "../../../addr/index.ts";
import {
  type Arrival,
  type Client,
  decodeMessage,
  Exchange,
  type Goal as ExchangeGoal,
  type Lease,
} from "../../../dhcp/index.ts";
import { link } from "../../../kernel/route/index.ts";
import { sinceBoot } from "../../../state/index.ts";
import { clientIdOf, encodeRecord, grantedLease, type Ipv4Record } from "../ipv4/record.ts";
import { storedIpv4 } from "../ipv4/stored.ts";
import { Wire } from "../ipv4/wire.ts";
import { findLink, hasCarrier, inNetns } from "../netns-ref.ts";
import type { AskedOptions } from "../protocol.ts";
import type { Goal, LeaseFamily, Session, TransactionRequest, Verdict } from "./family.ts";
import { Inbox } from "./inbox.ts";
import { randomXid, runTransaction } from "./transaction.ts";

const HOST_BITS = 32;

type Request = TransactionRequest<Ipv4Record, AskedOptions>;

/** Leases of IPv4 addresses. */
export const ipv4: LeaseFamily<Ipv4Record, AskedOptions> = {
  ...storedIpv4,
  encode: encodeRecord,
  granted: ({ lease }) => grantedLease(lease),
  serverOf: ({ lease }) => lease.server.toString(),
  async transact(request, retries, signal) {
    const open = async (): Promise<Session<Ipv4Record>> =>
      await Ipv4Session.open(request, retries.broadcast);
    return await runTransaction(
      { open, searches: request.goal.kind === "acquire", retries },
      signal,
    );
  },
  /** Sets the link down: without its address it is of no use. */
  lose({ netns, attachment }) {
    inNetns(netns, (socket) => {
      link.set(socket, findLink(socket, attachment.ifName).index, { up: false });
    });
  },
};

interface Parts {
  readonly request: Request;
  readonly inbox: Inbox<Arrival>;
  readonly wire: Wire;
  readonly exchange: Exchange;
}

/** A transaction with DHCP servers, as long as the link stays up. */
class Ipv4Session implements Session<Ipv4Record> {
  readonly #parts: Parts;
  /** When the message was sent that the next answer belongs to. */
  #sentAt = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(request: Request, broadcast: boolean): Promise<Ipv4Session> {
    const { attachment, netns, goal, options } = request;
    const inbox = new Inbox<Arrival>();
    const wire = await Wire.open({
      netns,
      ifName: attachment.ifName,
      ...(goal.kind === "acquire" ? {} : { address: goal.held.lease.address.ip }),
      received: (arrival) => inbox.put(arrival),
      lost: () => inbox.close(),
    });
    const client: Client = {
      mac: wire.link.mac,
      clientId: clientIdOf(attachment),
      broadcast,
      provide: new Map(options.provide.map(([code, hex]) => [code, Buffer.from(hex, "hex")])),
      request: options.request,
    };
    const exchange = new Exchange(client, exchangeGoal(goal), randomXid());
    return new Ipv4Session({ request, inbox, wire, exchange });
  }

  get broughtUp(): boolean {
    return this.#parts.wire.broughtUp;
  }

  hasCarrier(): boolean {
    const { netns, attachment } = this.#parts.request;
    return hasCarrier(netns, attachment.ifName);
  }

  ask(elapsedMs: number): void {
    const { exchange, wire, request } = this.#parts;
    const message = exchange.message(Math.floor(elapsedMs / 1000));
    const { goal } = request;
    this.#sentAt = sinceBoot();
    if (goal.kind === "renew") wire.unicast(message, goal.held.lease.server, goal.held.serverMac);
    else wire.broadcast(message);
  }

  restart(): void {
    this.#parts.exchange.restart();
  }

  async next(until: number, signal: AbortSignal): Promise<Verdict<Ipv4Record> | "time" | "lost"> {
    const arrival = await this.#parts.inbox.take(until, signal);
    if (typeof arrival === "string") return arrival;
    const message = decodeMessage(arrival.payload);
    if (message === undefined) return { kind: "ignored" };
    const outcome = this.#parts.exchange.receive(message);
    if (outcome.kind === "bound") {
      const { lease } = outcome;
      return { kind: "bound", record: this.#record(lease, arrival.sourceMac) };
    }
    if (outcome.kind !== "useless") return outcome;
    const { reason, address, server } = outcome;
    const lease = { ...NOTHING, address: new Prefix(address, HOST_BITS), server };
    return { kind: "useless", reason, record: this.#record(lease, arrival.sourceMac) };
  }

  [Symbol.dispose](): void {
    this.#parts.wire[Symbol.dispose]();
  }

  #record(granted: Lease, serverMac: Mac): Ipv4Record {
    const { attachment, netns, options, goal } = this.#parts.request;
    // The container keeps the address it was given: only times and server may change.
    const lease =
      goal.kind === "acquire" ? granted : { ...granted, address: goal.held.lease.address };
    const { mac } = this.#parts.wire.link;
    return { attachment, netns, options, lease, mac, serverMac, grantedAt: this.#sentAt };
  }
}

/** What a lease without use has beside its address. */
const NOTHING = {
  routers: [],
  routes: [],
  nameservers: [],
  times: { renewMs: Infinity, rebindMs: Infinity, expiryMs: Infinity },
};

function exchangeGoal(goal: Goal<Ipv4Record>): ExchangeGoal {
  if (goal.kind === "acquire") return { kind: "acquire" };
  const address = goal.held.lease.address.ip;
  const { server } = goal.held.lease;
  return goal.kind === "renew" ? { kind: "renew", address, server } : { kind: goal.kind, address };
}
