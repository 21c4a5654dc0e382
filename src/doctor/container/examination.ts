/** One examination of an attachment: what its stages have found so far, for those that follow. */
import { type Family, Ip, type Prefix } from "../../addr/index.ts";
import { shellWord } from "../../base/index.ts";
import { findPlugin } from "../../invoke/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { ContainerFacts } from "../facts/container.ts";
import type { HostFacts } from "../facts/host.ts";
import { NotReached } from "../report.ts";
import { type PromisedAddress, type Subject, type Target, textAt } from "../subject.ts";
import type { Node } from "../surroundings.ts";

/** A packet that the container would send. */
export interface Flow {
  readonly family: Family;
  readonly source: Ip;
  readonly target: Ip;
  readonly protocol: "tcp" | "udp";
  readonly port?: number;
  /** Whether the caller has named the target: else it stands for everything beyond the node. */
  readonly isNamed: boolean;
}

/** Addresses of documentation (RFC 5737, RFC 3849): no node has them, so the default route decides. */
const BEYOND = { 4: Ip.parse("198.51.100.1"), 6: Ip.parse("2001:db8:ffff::1") } as const;

/** What an examination is asked beside the container. */
export interface Asked {
  readonly target?: Target | undefined;
  /** Whether the plugin at a path puts back what its CHECK misses; each does when absent. */
  readonly repairs?: ((path: string) => boolean) | undefined;
}

/** Takes what stages find, so that later ones can go on from there. */
export class Examination implements Disposable {
  readonly subject: Subject;
  readonly host: HostFacts;
  readonly node: Node;
  readonly target: Target | undefined;
  readonly #repairs: (path: string) => boolean;
  #container: ContainerFacts | undefined;
  #inside: link.Link | undefined;
  #outside: link.Link | undefined;
  #whyNoOutside = "the host's end of the interface was not found";

  constructor(subject: Subject, node: Node, host: HostFacts, { target, repairs }: Asked) {
    this.subject = subject;
    this.node = node;
    this.host = host;
    this.target = target;
    this.#repairs = repairs ?? ((): boolean => true);
  }

  [Symbol.dispose](): void {
    this.#container?.[Symbol.dispose]();
  }

  set container(facts: ContainerFacts) {
    this.#container = facts;
  }

  get container(): ContainerFacts {
    if (this.#container !== undefined) return this.#container;
    throw new NotReached("the container's namespace was not found");
  }

  get isOpen(): boolean {
    return this.#container !== undefined;
  }

  /** The interface in the container. */
  set inside(found: link.Link) {
    this.#inside = found;
  }

  get inside(): link.Link {
    if (this.#inside !== undefined) return this.#inside;
    throw new NotReached(`interface ${this.subject.ifName} was not found in the container`);
  }

  /** The host's end of it. */
  set outside(found: link.Link) {
    this.#outside = found;
  }

  get outside(): link.Link {
    if (this.#outside !== undefined) return this.#outside;
    throw new NotReached(this.#whyNoOutside);
  }

  /** Whether the interface has an end on the host, as a veth pair has. */
  get hasOutside(): boolean {
    return this.#outside !== undefined;
  }

  /** Notes why it has none. */
  set whyNoOutside(text: string) {
    this.#whyNoOutside = text;
  }

  /** The host's link that the container's packets come in by: the bridge, or the end of the pair. */
  get hostLink(): link.Link {
    return this.bridge ?? this.outside;
  }

  /** The bridge that the host's end is a port of. */
  get bridge(): link.Link | undefined {
    const master = this.host.link(this.outside.master);
    return master?.kind === "bridge" ? master : undefined;
  }

  /** Addresses as they were promised; without a promise those that the interface has. */
  get addresses(): readonly PromisedAddress[] {
    if (this.subject.addresses.length > 0) return this.subject.addresses;
    return this.container
      .addressesOf(this.inside.index)
      .filter(({ prefix }) => !prefix.ip.isLinkLocal)
      .map(({ prefix }) => ({ prefix }));
  }

  /** What the container would send: to the target, or to what lies beyond the node. */
  get flows(): readonly Flow[] {
    const { target } = this;
    return ([4, 6] as const).flatMap((family): Flow[] => {
      const source = this.addresses.find(({ prefix }) => prefix.family === family);
      if (source === undefined) return [];
      const from = { family, source: source.prefix.ip };
      if (target !== undefined) {
        const { ip, port, protocol } = target;
        if (ip.family !== family) return [];
        return [
          { ...from, target: ip, protocol, isNamed: true, ...(port !== undefined && { port }) },
        ];
      }
      if (!this.promisesDefault(family)) return [];
      return [{ ...from, target: BEYOND[family], protocol: "tcp" as const, isNamed: false }];
    });
  }

  /** Whether the ADD promised a default route, or, where that is not known, whether there is a gateway. */
  promisesDefault(family: Family): boolean {
    const everywhere = family === 4 ? "0.0.0.0/0" : "::/0";
    return this.subject.routes.some(({ dst }) => dst === everywhere);
  }

  gateway(family: Family): Ip | undefined {
    const everywhere = family === 4 ? "0.0.0.0/0" : "::/0";
    const route = this.subject.routes.find(({ dst, gw }) => dst === everywhere && gw !== undefined);
    const named = route?.gw === undefined ? undefined : Ip.tryParse(route.gw);
    return (
      named ??
      this.subject.addresses.find(({ prefix, gateway }) => {
        return prefix.family === family && gateway !== undefined;
      })?.gateway
    );
  }

  /** A target on the container's own subnet needs no router. */
  isNeighbour(ip: Ip): boolean {
    return this.addresses.some(({ prefix }) => isIn(prefix, ip));
  }

  /** A command that runs in the container's namespace. */
  within(command: string): string {
    return `nsenter --net=${shellWord(this.subject.netns)} ${command}`;
  }

  /** Removes the attachment, so that it can be made again. */
  get removal(): string {
    const { network, containerId, ifName } = this.subject;
    const words = ["hawser", "del", network, "--id", containerId, "--ifname", ifName];
    return words.map(shellWord).join(" ");
  }

  /** Puts back what an attachment's plugins make: in place, where each of them can do that. */
  get repair(): string {
    const { containerId, ifName, plugins, again } = this.subject;
    if (!plugins.every((plugin) => this.#canRepair(textAt(plugin, "type")))) return again;
    return ["hawser", "sync", "--id", containerId, "--ifname", ifName].map(shellWord).join(" ");
  }

  /** One that is not there has a finding of its own. */
  #canRepair(type: string): boolean {
    try {
      return this.#repairs(findPlugin(type, this.node.pluginDirs));
    } catch {
      return true;
    }
  }
}

function isIn(prefix: Prefix, ip: Ip): boolean {
  return prefix.family === ip.family && prefix.contains(ip);
}
