import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment, Dns, Interface, Result } from "../../spec/index.ts";
import { AnnounceStep } from "../announce/index.ts";
import type { Step } from "../index.ts";
import { InterfaceStep } from "../interface/index.ts";
import { GivenAddressesStep, IpamStep, ipamDelegate } from "../ipam/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { attachmentOf } from "../owner/index.ts";
import { containerInterface } from "../result/interface.ts";
import { checkPromised } from "../result/promised.ts";

/** The step that makes the container's link, or moves it there. */
export interface LinkStep extends Step {
  /** The link as the kernel has it. Throws a CHECK's error when it is not as it should be. */
  link(): link.Link;
  /** What the result lists before the container's link: the host's end of a pair, say. */
  hostInterfaces?(): Interface[];
  /** How the container's link stands in the result, where the kernel does not tell it all. */
  containerInterface?(): Interface;
}

/** What the configuration of any plugin that makes a link says. */
export interface LinkConfig {
  /** Type of the IPAM plugin; "" for none. */
  readonly ipamType: string;
  /** Takes the place of IPAM's resolver settings. */
  readonly dns?: Dns | undefined;
  /** Addresses of an earlier plugin of the chain, where there is no IPAM plugin. */
  readonly given?: Result | undefined;
  /** The link is for a program that drives it by itself: no addresses are set. */
  readonly unconfigured?: boolean | undefined;
  /** Others on the same wire may have the addresses: ADD waits until IPv6 has asked them. */
  readonly detectDuplicates?: boolean | undefined;
  /** Nobody but the gateway is on the link: it is the way to the addresses' subnets too. */
  readonly pointToPoint?: boolean | undefined;
}

/** One attachment, as the plugin's own steps see it. */
export interface LinkScene<C extends LinkConfig> {
  readonly ctx: Context;
  readonly config: C;
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  /** Addresses and routes as far as they are known: from IPAM, or (CHECK) as they were promised. */
  readonly addresses: () => Result;
}

/** What differs between the plugins that make a link. */
export interface LinkParts<C extends LinkConfig> {
  readonly link: (scene: LinkScene<C>) => LinkStep;
  /** Completes what IPAM gave: missing gateways, default routes. */
  readonly complete?: (ipam: Result, scene: LinkScene<C>) => Result;
  /** Steps after addresses and routes are set. */
  readonly more?: (scene: LinkScene<C>) => readonly Step[];
  /** Completes the result with what only these steps have found out. */
  readonly finish?: (result: Result, scene: LinkScene<C>) => Result;
}

/** An attachment by a link of its own: the link, its addresses, and the result that comes of them. */
export class LinkAttachment<C extends LinkConfig> {
  readonly #scene: LinkScene<C>;
  readonly #parts: LinkParts<C>;
  readonly #link: LinkStep;
  /** The container's link when everything was set. */
  #complete: link.Link | undefined;
  #addresses: Result;

  /** For CHECK, `promised` is what ADD had returned. */
  constructor(
    ctx: Context,
    config: C,
    namespaces: Namespaces,
    parts: LinkParts<C>,
    promised?: Result,
  ) {
    const { cniVersion } = ctx;
    this.#parts = parts;
    this.#addresses = promised ?? { cniVersion, interfaces: [], ips: [], routes: [], dns: {} };
    const addresses = (): Result => this.#addresses;
    this.#scene = { ctx, config, namespaces, owner: attachmentOf(ctx), addresses };
    this.#link = parts.link(this.#scene);
  }

  /** Everything the configuration asks for, in the order in which ADD makes it. */
  steps(): Step[] {
    const { ctx, config, namespaces, addresses } = this.#scene;
    const steps: Step[] = [this.#link, ...this.#addressSteps()];
    if (config.unconfigured !== true) {
      const { ifName } = ctx;
      const { pointToPoint, detectDuplicates = false } = config;
      const shared = { namespaces, ifName, result: addresses, detectDuplicates };
      steps.push(new InterfaceStep({ ...shared, pointToPoint }));
    }
    steps.push(...(this.#parts.more?.(this.#scene) ?? []));
    const { ifName } = ctx;
    if (config.unconfigured !== true) {
      const own = (): link.Link => {
        this.#complete = this.#link.link();
        return this.#complete;
      };
      steps.push(new AnnounceStep({ namespaces, ifName, link: own, result: addresses }));
    }
    return steps;
  }

  /** What ADD returns; links are read back from the kernel, since others may change them. */
  result(): Result {
    const { ctx, config } = this.#scene;
    const own =
      this.#link.containerInterface?.() ??
      containerInterface(ctx, this.#complete ?? this.#link.link());
    const result = {
      ...this.#addresses,
      interfaces: [...this.#hostInterfaces(), own],
      dns: config.dns ?? this.#addresses.dns,
    };
    return this.#parts.finish?.(result, this.#scene) ?? result;
  }

  /** For CHECK: the container's link is the one that the previous result lists. */
  checkPromised(promised: Result): void {
    const { ctx, config } = this.#scene;
    if (config.unconfigured === true) return;
    const hosts = this.#hostInterfaces().flatMap(({ name, mtu }) => {
      return mtu === undefined ? [] : [{ name, mtu }];
    });
    checkPromised(ctx, promised, this.#link.link(), hosts);
  }

  #addressSteps(): Step[] {
    const { ctx, config } = this.#scene;
    const adopt = (result: Result): void => this.#adopt(result);
    if (config.ipamType !== "") return [new IpamStep(config.ipamType, ipamDelegate(ctx), adopt)];
    return config.given === undefined ? [] : [new GivenAddressesStep(config.given, adopt)];
  }

  /** The addresses are all the container's link's. */
  #adopt(given: Result): void {
    const { ctx } = this.#scene;
    const hosts = this.#hostInterfaces();
    const own = {
      ...given,
      interfaces: [...hosts, { name: ctx.ifName, sandbox: ctx.netns }],
      ips: given.ips.map((ip) => ({ ...ip, interface: hosts.length })),
    };
    this.#addresses = this.#parts.complete?.(own, this.#scene) ?? own;
  }

  #hostInterfaces(): Interface[] {
    return this.#link.hostInterfaces?.() ?? [];
  }
}
