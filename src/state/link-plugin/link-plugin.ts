import { defined } from "../../base/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { Context, Plugin } from "../../plugin/index.ts";
import { type Dns, emptyResult, type Interface, type Result } from "../../spec/index.ts";
import { announcement } from "../announce/index.ts";
import { configuredInterface } from "../interface/index.ts";
import { givenAddresses, inReleaseOrder, ipam } from "../ipam/index.ts";
import type { Piece, Removable } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";
import type { Wanted } from "../operations.ts";
import { checkPromised, containerInterface } from "../result/index.ts";
import type { ConfiguredScene } from "../scene.ts";
import { autoconfigured, checkAutoconfigured, withAutoconfigured } from "../slaac/index.ts";
import { statePlugin } from "../state-plugin/index.ts";
import type { LinkConfig } from "./config.ts";
import type { LinkPiece } from "./piece.ts";

/** One attachment, as the plugin's own pieces see it. */
export interface LinkContext<C extends LinkConfig> extends ConfiguredScene<C> {
  /** Addresses and routes as far as they are known: from IPAM, or (CHECK) as they were promised. */
  readonly addresses: () => Result;
}

/** A plugin whose job is one link in the container, and what it says of itself. */
export interface LinkPlugin<C extends LinkConfig> {
  readonly name: string;
  readonly versions?: readonly string[];
  /** Reads and judges the configuration, before anything is touched. `namespaces` is for questions. */
  config(ctx: Context, namespaces: Namespaces): C;
  /** Every kind that any configuration could make, `ipam` among them: DEL goes from the back. */
  readonly kinds: readonly Removable[];
  link(scene: LinkContext<C>): LinkPiece;
  /** Completes what IPAM gave: missing gateways, default routes. */
  complete?(ipam: Result, scene: LinkContext<C>): Result;
  /** Pieces after addresses and routes are set. */
  more?(scene: LinkContext<C>): readonly Piece[];
  /** Completes the result with what only these pieces have found out. */
  finish?(result: Result, scene: LinkContext<C>): Result;
}

/**
 * Makes the plugin: the link, its addresses from IPAM, and the result that comes of them.
 *
 * @example
 * ```ts
 * import { tryPlugin } from "hawser/plugin";
 * import { InProcessPlugins } from "hawser/plugins";
 * import { hostInterface, ipam, linkPlugin, vethPair } from "hawser/state";
 *
 * const plugin = linkPlugin({
 *   name: "pair",
 *   config: ({ config }) => ({ ipamType: config["ipam"] === undefined ? "" : "static" }),
 *   kinds: [ipam, vethPair],
 *   link(scene) {
 *     const pair = vethPair.want(scene, { mtu: 1400 });
 *     return {
 *       name: pair.name,
 *       describe: () => pair.describe(),
 *       apply: (rollback) => pair.apply(rollback),
 *       check: () => pair.check(),
 *       link: () => pair.ends().container,
 *       hostInterfaces: () => [hostInterface(scene.ctx, pair.hostEnd())],
 *     };
 *   },
 * });
 *
 * const ipamKeys = { type: "static", addresses: [{ address: "10.1.0.2/24" }] };
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "pair", ipam: ipamKeys };
 * const env = { HAWSER_STATE_DIR: "/run/hawser" };
 * const call = { config, netns: "/run/netns/blue", env, executor: new InProcessPlugins() };
 * const { stdout } = await tryPlugin(plugin, { ...call, operation: "ADD" });
 * const { ips, interfaces } = JSON.parse(stdout);
 * ips; // → [{ interface: 1, address: "10.1.0.2/24" }]
 * interfaces[1].mtu; // → 1400
 * (await tryPlugin(plugin, { ...call, operation: "CHECK" })).exitCode; // → 1
 * (await tryPlugin(plugin, { ...call, operation: "DEL" })).exitCode; // → 0
 * ```
 */
export function linkPlugin<C extends LinkConfig>(parts: LinkPlugin<C>): Plugin {
  const { name, versions, kinds } = parts;
  return statePlugin<C>({
    name,
    ...defined({ versions }),
    config: (ctx, { namespaces }) => parts.config(ctx, namespaces),
    kinds: inReleaseOrder(kinds),
    want: (scene) => new LinkAttachment(scene, parts).wanted(),
  });
}

class LinkAttachment<C extends LinkConfig> {
  readonly #scene: LinkContext<C>;
  readonly #parts: LinkPlugin<C>;
  readonly #link: LinkPiece;
  /** The container's link when everything was set. */
  #complete: link.Link | undefined;
  #addresses: Result;

  constructor(scene: ConfiguredScene<C>, parts: LinkPlugin<C>) {
    const { operation, prevResult, cniVersion } = scene.ctx;
    const promised = operation === "CHECK" ? prevResult : undefined;
    this.#parts = parts;
    this.#addresses = promised ?? emptyResult(cniVersion);
    this.#scene = { ...scene, addresses: () => this.#addresses };
    this.#link = parts.link(this.#scene);
  }

  wanted(): Wanted {
    const { addresses, config } = this.#scene;
    const { pointToPoint, slaac = false, detectDuplicates = false } = config;
    const acceptRA = slaac ? true : config.acceptRA;
    const isConfigured = config.unconfigured !== true;
    const wanted = { result: addresses, detectDuplicates, pointToPoint, acceptRA };
    const announced = { link: () => this.#readLink(), result: addresses };
    const pieces = [
      this.#link,
      ...this.#given(),
      ...(slaac ? [checkAutoconfigured(this.#scene, addresses)] : []),
      ...(isConfigured ? [configuredInterface.want(this.#scene, wanted)] : []),
      ...(slaac ? [this.#autoconfigured()] : []),
      ...(this.#parts.more?.(this.#scene) ?? []),
      ...(isConfigured ? [announcement.want(this.#scene, announced), this.#promise()] : []),
    ];
    return { pieces, result: () => this.#result(), expected: () => this.#expected() };
  }

  /** Before anything is made: what is known of the result; undefined while the addresses are not. */
  #expected(): Partial<Result> | undefined {
    const { ctx, config } = this.#scene;
    const own = { name: ctx.ifName, sandbox: ctx.netns };
    const isKnown = this.#addresses.interfaces.some(({ name }) => name === ctx.ifName);
    if (isKnown) return { ...this.#addresses, dns: this.#dns(config) };
    if (config.ipamType !== "" || config.slaac === true) return undefined;
    return { interfaces: [...(this.#link.expectedHosts?.() ?? []), own] };
  }

  #given(): Piece[] {
    const { ipamType: type, given, mayLackAddresses: mayBeEmpty } = this.#scene.config;
    const adopt = (result: Result): void => this.#adopt(result);
    if (type !== "") return [ipam.want(this.#scene, { type, adopt, ...defined({ mayBeEmpty }) })];
    return given === undefined ? [] : [givenAddresses(given, adopt)];
  }

  #autoconfigured(): Piece {
    return autoconfigured.want(this.#scene, {
      adopt: (formed) => {
        const at = this.#hostInterfaces().length;
        this.#addresses = withAutoconfigured(this.#addresses, formed, at);
      },
    });
  }

  /** The addresses are all the container's link's. */
  #adopt(given: Result): void {
    const { ctx } = this.#scene;
    const isPlan = ctx.looksOnly === true;
    const hosts = isPlan ? (this.#link.expectedHosts?.() ?? []) : this.#hostInterfaces();
    const own = {
      ...given,
      interfaces: [...hosts, { name: ctx.ifName, sandbox: ctx.netns }],
      ips: given.ips.map((ip) => ({ ...ip, interface: hosts.length })),
    };
    this.#addresses = this.#parts.complete?.(own, this.#scene) ?? own;
  }

  /** Links are read back from the kernel, since other programs may change them. */
  #result(): Result {
    const { ctx, config } = this.#scene;
    const own =
      this.#link.containerInterface?.() ??
      containerInterface(ctx, this.#complete ?? this.#link.link());
    const result = {
      ...this.#addresses,
      interfaces: [...this.#hostInterfaces(), own],
      dns: this.#dns(config),
    };
    return this.#parts.finish?.(result, this.#scene) ?? result;
  }

  /** The configuration's settings take the place of others; a router's are there when it has none. */
  #dns({ dns, slaac }: C): Dns {
    if (dns === undefined) return this.#addresses.dns;
    return slaac === true && Object.keys(dns).length === 0 ? this.#addresses.dns : dns;
  }

  #readLink(): link.Link {
    this.#complete = this.#link.link();
    return this.#complete;
  }

  /** For CHECK: the container's link is the one that the result lists. */
  #promise(): Piece {
    return {
      name: "result",
      describe: () => undefined,
      check: () => {
        const hosts = this.#hostInterfaces().flatMap(({ name, mtu }) =>
          mtu === undefined ? [] : [{ name, mtu }],
        );
        checkPromised(this.#scene.ctx, this.#addresses, this.#link.link(), hosts);
      },
    };
  }

  #hostInterfaces(): Interface[] {
    return this.#link.hostInterfaces?.() ?? [];
  }
}
