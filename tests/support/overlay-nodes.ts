import { afterEach, beforeEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Family, Ip, Prefix } from "../../src/addr/index.ts";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { address, link, RouteSocket, route } from "../../src/kernel/route/index.ts";
import { writeSysctl } from "../../src/kernel/sysctl/index.ts";
import { failOnLeakedDescriptors } from "./descriptors.ts";

/** Nodes of a fleet for tests of its overlay: namespaces on one wire, each with one container. */

/** MTU of the wire. */
export const WIRE_MTU = 1500;

/** The fleet's subnets. */
export const SUBNETS: readonly Prefix[] = [
  Prefix.parse("10.42.0.0/16"),
  Prefix.parse("fd00:42::/48"),
];

/** A namespace that is a node of the fleet, and another one that is its container. */
export class OverlayNode {
  readonly id: string;
  readonly netns: Netns;
  readonly container: Netns;
  readonly socket: RouteSocket;
  /** Addresses by their family: of the node on the wire, of the node in the fleet, of the container. */
  readonly underlay: Readonly<Record<Family, Ip>>;
  readonly gateways: Readonly<Record<Family, Ip>>;
  readonly own: Readonly<Record<Family, Ip>>;
  /** What the node holds. */
  readonly prefixes: Readonly<Record<Family, Prefix>>;
  readonly #paths: readonly [string, string];

  constructor(directory: string, number: number) {
    this.id = `n${number}`;
    this.#paths = [join(directory, `n${number}`), join(directory, `c${number}`)];
    for (const path of this.#paths) createNetns(path);
    this.netns = Netns.open(this.#paths[0]);
    this.container = Netns.open(this.#paths[1]);
    this.socket = RouteSocket.open(this.netns);
    const both = (four: string, six: string): Record<Family, Ip> => ({
      4: Ip.parse(four),
      6: Ip.parse(six),
    });
    this.underlay = both(`192.0.2.${10 + number}`, `2001:db8::${10 + number}`);
    this.gateways = both(`10.42.${number}.1`, `fd00:42:0:${number}::1`);
    this.own = both(`10.42.${number}.5`, `fd00:42:0:${number}::5`);
    this.prefixes = {
      4: Prefix.parse(`10.42.${number}.0/24`),
      6: Prefix.parse(`fd00:42:0:${number}::/64`),
    };
    this.#forward();
    this.#joinContainer();
  }

  /** The container's address with its namespace, as one end of a conversation. */
  end(family: Family): { readonly netns: Netns; readonly ip: Ip } {
    return { netns: this.container, ip: this.own[family] };
  }

  /** Gives the node its place on the wire. */
  join(wire: RouteSocket, bridge: number, number: number): void {
    const name = `w${number}`;
    using netns = Netns.current();
    link.add(this.socket, {
      ...{ name: "eth0", kind: "veth", up: true, mtu: WIRE_MTU },
      peer: { name, mtu: WIRE_MTU, netns },
    });
    link.set(wire, { name }, { master: bridge, up: true });
    const index = link.get(this.socket, { name: "eth0" })?.index ?? 0;
    const prefixes = [new Prefix(this.underlay[4], 24), new Prefix(this.underlay[6], 64)];
    for (const prefix of prefixes) address.add(this.socket, { index, prefix, nodad: true });
  }

  close(): void {
    // A namespace ends when the kernel gets to it; the next test takes the same name on the wire.
    if (link.get(this.socket, { name: "eth0" })) link.delete(this.socket, { name: "eth0" });
    for (const each of [this.socket, this.netns, this.container]) each.close();
    for (const path of this.#paths) deleteNetns(path);
  }

  /** Without a search for duplicates, for whose end the first packets would have to wait. */
  #forward(): void {
    for (const netns of [this.netns, this.container]) {
      writeSysctl("net/ipv6/conf/default/dad_transmits", "0", netns);
    }
    for (const key of ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"]) {
      writeSysctl(key, "1", this.netns);
    }
  }

  /** As ptp does it: the node has the gateway alone on the link, and a route to the container. */
  #joinContainer(): void {
    link.add(this.socket, {
      ...{ name: "c0", kind: "veth", up: true },
      peer: { name: "eth0", netns: this.container },
    });
    using inside = RouteSocket.open(this.container);
    link.set(inside, { name: "eth0" }, { up: true });
    link.set(inside, { name: "lo" }, { up: true });
    const outer = link.get(this.socket, { name: "c0" })?.index ?? 0;
    const index = link.get(inside, { name: "eth0" })?.index ?? 0;
    for (const family of [4, 6] as const) {
      const gateway = this.gateways[family];
      const own = Prefix.ofHost(this.own[family]);
      address.add(this.socket, { index: outer, prefix: Prefix.ofHost(gateway), nodad: true });
      route.add(this.socket, { dst: own, index: outer, scope: route.RT_SCOPE_LINK });
      address.add(inside, { index, prefix: own, nodad: true });
      const scope = route.RT_SCOPE_LINK;
      route.add(inside, { dst: Prefix.ofHost(gateway), index, scope });
      const all = Prefix.parse(family === 4 ? "0.0.0.0/0" : "::/0");
      route.add(inside, { dst: all, gateway, index });
    }
  }
}

/** Call it at the top of a test file: what it gives are the nodes of the test that runs. */
export function overlayNodesForEachTest(count: number): () => readonly OverlayNode[] {
  let nodes: OverlayNode[] = [];
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fleet-"));
    using wire = RouteSocket.open();
    const bridge = link.add(wire, { name: "wire", kind: "bridge", up: true, mtu: WIRE_MTU });
    nodes = [];
    for (let number = 1; number <= count; number++) {
      const node = new OverlayNode(directory, number);
      nodes.push(node);
      node.join(wire, bridge, number);
    }
  });
  afterEach(() => {
    for (const node of nodes) node.close();
    using wire = RouteSocket.open();
    link.delete(wire, { name: "wire" });
    rmSync(directory, { recursive: true });
  });
  failOnLeakedDescriptors();
  return () => nodes;
}
