import type { Attachment } from "../../../spec/index.ts";
import type { Ipv4Record } from "../ipv4/record.ts";
import type { Ipv6Record } from "../ipv6/record.ts";
import { keyOf } from "../lease-record.ts";
import type {
  AskedOptions,
  AskedOptions6,
  DaemonReply,
  DaemonRequest,
  NetnsRef,
} from "../protocol.ts";
import type { LeaseManager } from "./lease-manager.ts";

type Ipv4Leases = LeaseManager<Ipv4Record, AskedOptions>;
type Ipv6Leases = LeaseManager<Ipv6Record, AskedOptions6>;

/** The leases of both families: what callers ask for, and what happens to links. */
export class Leases {
  readonly #ipv4: Ipv4Leases;
  readonly #ipv6: Ipv6Leases;
  readonly #hostPrefix: string;

  constructor(ipv4: Ipv4Leases, ipv6: Ipv6Leases, hostPrefix: string) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
    this.#hostPrefix = hostPrefix;
  }

  /** Takes over the leases that an earlier daemon has recorded. */
  adopt(): void {
    for (const leases of this.#both) leases.adopt();
  }

  async perform(request: DaemonRequest, signal: AbortSignal): Promise<DaemonReply> {
    switch (request.call) {
      case "add": {
        const { attachment, netns, options } = request;
        const wanted = { attachment, netns: this.#seenHere(netns), options };
        return { ok: await this.#ipv4.add(wanted, signal) };
      }
      case "add6": {
        const { attachment, netns, options } = request;
        const wanted = { attachment, netns: this.#seenHere(netns), options };
        return { ok: await this.#ipv6.add(wanted, signal) };
      }
      case "check":
        return { ok: this.#ipv4.check(request.attachment) };
      case "check6":
        return { ok: this.#ipv6.check(request.attachment) };
      case "del":
        await Promise.all(this.#both.map((leases) => leases.del(request.attachment)));
        return { ok: {} };
      case "list":
        return { ok: { attachments: this.#list(request.network) } };
      case "status":
        return { ok: {} };
    }
  }

  /** A link was deleted in any namespace. */
  linkGone(index: number, mac: string | undefined): void {
    for (const leases of this.#both) leases.linkGone(index, mac);
  }

  /** Looks at every lease, after events were lost. */
  lookAtAll(): void {
    for (const leases of this.#both) leases.lookAtAll();
  }

  async close(): Promise<void> {
    await Promise.all(this.#both.map((leases) => leases.close()));
  }

  get #both(): readonly [Ipv4Leases, Ipv6Leases] {
    return [this.#ipv4, this.#ipv6];
  }

  /** Each attachment once, whatever leases it has. */
  #list(network: string): Attachment[] {
    const all = this.#both.flatMap((leases) => leases.list(network));
    return [...new Map(all.map((attachment) => [keyOf(attachment), attachment])).values()];
  }

  #seenHere(netns: NetnsRef): NetnsRef {
    return { ...netns, path: `${this.#hostPrefix}${netns.path}` };
  }
}
