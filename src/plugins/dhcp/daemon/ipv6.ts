import { type Ip, Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import {
  decodeMessage,
  Exchange,
  type Goal as ExchangeGoal,
  type Lease,
} from "../../../dhcp6/index.ts";
import { address } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import type { RouterAdvertisement } from "../../../ndp/index.ts";
import { sinceBoot } from "../../../state/index.ts";
import { advertisementOf } from "../../../state/router/index.ts";
import {
  clientOf,
  encodeRecord,
  grantedLease,
  hexOf,
  type Ipv6Lease,
  type Ipv6Record,
} from "../ipv6/record.ts";
import { storedIpv6 } from "../ipv6/stored.ts";
import { Wire6 } from "../ipv6/wire.ts";
import { findLink, hasCarrier, inNetns, openNetnsRef } from "../netns-ref.ts";
import type { AskedOptions6 } from "../protocol.ts";
import type { Goal, LeaseFamily, Session, TransactionRequest, Verdict } from "./family.ts";
import { Inbox } from "./inbox.ts";
import { randomXid, runTransaction } from "./transaction.ts";

/** Longest wait for a router of the link beside a server that has granted, in milliseconds. */
const ROUTER_MS = 4000;
const HOST_BITS = 128;

type Request = TransactionRequest<Ipv6Record, AskedOptions6>;

/** Leases of IPv6 addresses. */
export const ipv6: LeaseFamily<Ipv6Record, AskedOptions6> = {
  ...storedIpv6,
  encode: encodeRecord,
  granted: ({ lease }) => grantedLease(lease),
  serverOf: ({ lease }) => hexOf(lease.server),
  async transact(request, retries, signal) {
    const open = async (): Promise<Session<Ipv6Record>> => await Ipv6Session.open(request);
    const searches = request.goal.kind === "acquire";
    const outcome = await runTransaction({ open, searches, retries }, signal);
    if (!searches || outcome.kind !== "bound") return outcome;
    const advertised = await routerOf(request, signal);
    const { record } = outcome;
    return { kind: "bound", record: { ...record, lease: placed(record.lease, advertised) } };
  },
  /** Takes the address off the link; other addresses stay in use. */
  lose({ netns, attachment, lease }) {
    inNetns(netns, (socket) => {
      const { index } = findLink(socket, attachment.ifName);
      ignoring([Errno.EADDRNOTAVAIL], () =>
        address.delete(socket, { index, prefix: lease.address }),
      );
    });
  },
};

/**
 * What a router of the link says. DHCPv6 itself names neither the prefix of the link nor a router
 * (RFC 8415, 21.4): without an advertisement the address stands alone.
 */
async function routerOf(
  { netns: ref, attachment }: Request,
  signal: AbortSignal,
): Promise<RouterAdvertisement | undefined> {
  using netns = openNetnsRef(ref);
  const { index, mac } = inNetns(ref, (socket) => findLink(socket, attachment.ifName));
  return await advertisementOf({ netns, index, mac, timeoutMs: ROUTER_MS, signal });
}

function placed(lease: Ipv6Lease, advertised: RouterAdvertisement | undefined): Ipv6Lease {
  const { ip } = lease.address;
  const around = advertised?.prefixes.find(({ prefix, onLink }) => onLink && prefix.contains(ip));
  const gateway: Ip | undefined =
    advertised !== undefined && advertised.routerMs > 0 ? advertised.router : undefined;
  const address = new Prefix(ip, around?.prefix.length ?? HOST_BITS);
  return { ...lease, address, ...defined({ gateway }) };
}

interface Parts {
  readonly request: Request;
  readonly inbox: Inbox<Uint8Array>;
  readonly wire: Wire6;
  readonly exchange: Exchange;
}

/** A transaction with DHCPv6 servers, as long as the link stays up. */
class Ipv6Session implements Session<Ipv6Record> {
  readonly #parts: Parts;
  /** When the message was sent that the next answer belongs to. */
  #sentAt = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(request: Request): Promise<Ipv6Session> {
    const { attachment, netns, goal, options } = request;
    const inbox = new Inbox<Uint8Array>();
    const wire = await Wire6.open({
      netns,
      ifName: attachment.ifName,
      acceptRA: options.acceptRA,
      received: (payload) => inbox.put(payload),
      lost: () => inbox.close(),
    });
    const client = { ...clientOf(attachment), request: options.request };
    const exchange = new Exchange(client, exchangeGoal(goal), randomXid());
    return new Ipv6Session({ request, inbox, wire, exchange });
  }

  get broughtUp(): boolean {
    return this.#parts.wire.broughtUp;
  }

  hasCarrier(): boolean {
    const { netns, attachment } = this.#parts.request;
    return hasCarrier(netns, attachment.ifName);
  }

  ask(elapsedMs: number): void {
    const { exchange, wire } = this.#parts;
    this.#sentAt = sinceBoot();
    wire.multicast(exchange.message(elapsedMs));
  }

  restart(): void {
    this.#parts.exchange.restart();
  }

  async next(until: number, signal: AbortSignal): Promise<Verdict<Ipv6Record> | "time" | "lost"> {
    const payload = await this.#parts.inbox.take(until, signal);
    if (typeof payload === "string") return payload;
    const message = decodeMessage(payload);
    if (message === undefined) return { kind: "ignored" };
    const outcome = this.#parts.exchange.receive(message);
    if (outcome.kind !== "bound") return outcome;
    return { kind: "bound", record: this.#record(outcome.lease) };
  }

  [Symbol.dispose](): void {
    this.#parts.wire[Symbol.dispose]();
  }

  #record(granted: Lease): Ipv6Record {
    const { attachment, netns, options, goal } = this.#parts.request;
    // The container keeps the address and the router it was given: only times and server may change.
    const lease: Ipv6Lease =
      goal.kind === "acquire"
        ? { ...granted, address: new Prefix(granted.address, HOST_BITS) }
        : { ...goal.held.lease, server: granted.server, times: granted.times };
    const { mac } = this.#parts.wire.link;
    return { attachment, netns, options, lease, mac, grantedAt: this.#sentAt };
  }
}

/** A restart is a rebinding: every server of the link may answer. */
function exchangeGoal(goal: Goal<Ipv6Record>): ExchangeGoal {
  if (goal.kind === "acquire") return { kind: "acquire" };
  const { address: prefix, server } = goal.held.lease;
  if (goal.kind === "renew") return { kind: "renew", address: prefix.ip, server };
  return { kind: "rebind", address: prefix.ip };
}
