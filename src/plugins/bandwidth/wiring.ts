import { errorText } from "../../base/index.ts";
import { type link, qdisc } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { CniError, ErrorCode, type Interface, type Result } from "../../spec/index.ts";
import type { Step } from "../../state/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { hostInterface } from "../../state/result/index.ts";
import type { BandwidthConfig } from "./config.ts";
import {
  BucketStep,
  DEFAULT_LATENCY,
  hostEnd,
  hostEndsLeft,
  IfbStep,
  type Limit,
  RedirectStep,
} from "./kind/index.ts";

const TO_CONTAINER = "to the container";
const FROM_CONTAINER = "from the container";

/** The limits of one attachment: their steps, and what they add to the result. */
export class Wiring {
  readonly #ctx: Context;
  readonly #config: BandwidthConfig;
  readonly #namespaces: Namespaces;
  readonly #interfaces: readonly Interface[];
  readonly #ifb: IfbStep;
  #host: link.Link | undefined;
  #psched: qdisc.Psched | undefined;

  constructor(
    ctx: Context,
    config: BandwidthConfig,
    namespaces: Namespaces,
    previous: Result | undefined,
  ) {
    this.#ctx = ctx;
    this.#config = config;
    this.#namespaces = namespaces;
    this.#interfaces = previous?.interfaces ?? [];
    this.#ifb = new IfbStep({ namespaces, owner: attachmentOf(ctx), host: () => this.host() });
  }

  /** What the configuration asks for, in the order in which ADD makes it. */
  steps(): Step[] {
    const { ingress, egress } = this.#config;
    const steps: Step[] = [];
    if (ingress !== undefined) steps.push(this.#toContainer(ingress));
    if (egress !== undefined) {
      steps.push(this.#ifb, this.#fromContainer(egress), this.#redirection());
    }
    return steps;
  }

  /** What DEL undoes, from identity alone. */
  removalSteps(): Step[] {
    const any = { rate: 0n, burst: 0n, latency: DEFAULT_LATENCY };
    return [this.#toContainer(any), this.#ifb, this.#redirection()];
  }

  /** What the user should know of limits that cannot work well. */
  warnings(): string[] {
    const { ingress, egress } = this.#config;
    const buckets = [
      ...(ingress === undefined ? [] : [this.#toContainer(ingress)]),
      ...(egress === undefined ? [] : [this.#fromContainer(egress, () => this.host())]),
    ];
    return buckets.flatMap((bucket) => bucket.warning() ?? []);
  }

  /** The previous result, with the ifb device at the end. */
  result(previous: Result): Result {
    if (this.#config.egress === undefined) return previous;
    const device = hostInterface(this.#ctx, this.#ifb.link());
    return { ...previous, interfaces: [...previous.interfaces, device] };
  }

  /** The host's end of the container's interface. Throws when there is none. */
  host(): link.Link {
    const { ifName, operation } = this.#ctx;
    this.#host ??= hostEnd({
      ...{ namespaces: this.#namespaces, ifName, interfaces: this.#interfaces },
      isCheck: operation === "CHECK",
    });
    return this.#host;
  }

  #toContainer(limit: Limit): BucketStep {
    return new BucketStep({
      ...{ namespaces: this.#namespaces, limit, psched: () => this.#clock() },
      direction: TO_CONTAINER,
      link: () => this.host(),
      left: () => this.#hostsLeft(),
    });
  }

  #fromContainer(limit: Limit, on: () => link.Link = () => this.#ifb.link()): BucketStep {
    return new BucketStep({
      ...{ namespaces: this.#namespaces, limit, psched: () => this.#clock() },
      direction: FROM_CONTAINER,
      link: on,
      left: () => [],
    });
  }

  #redirection(): RedirectStep {
    return new RedirectStep({
      namespaces: this.#namespaces,
      from: () => this.host(),
      to: () => this.#ifb.link(),
      left: () => ({ from: this.#hostsLeft(), to: this.#ifb.own() }),
    });
  }

  #hostsLeft(): link.Link[] {
    return hostEndsLeft(this.#namespaces, attachmentOf(this.#ctx), this.#interfaces);
  }

  #clock(): qdisc.Psched {
    try {
      this.#psched ??= qdisc.readPsched();
      return this.#psched;
    } catch (cause) {
      const reason = errorText(cause);
      throw new CniError(ErrorCode.IO_FAILURE, `the clock of the packet scheduler: ${reason}`, {
        cause,
      });
    }
  }
}
