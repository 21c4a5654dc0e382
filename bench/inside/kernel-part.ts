import { Ip, Prefix } from "../../src/addr/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import {
  addressInSet,
  type Batch,
  concat,
  dnatToMap,
  fibLocal,
  masquerade,
  Nftables,
  Priority,
  portValue,
  protoValue,
} from "../../src/kernel/nftables/index.ts";
import { address, link, RouteSocket, route } from "../../src/kernel/route/index.ts";
import { writeSysctl } from "../../src/kernel/sysctl/index.ts";
import type { Subject } from "./subject.ts";

/**
 * The kernel work of one attachment to dbnet and nothing else: a veth pair between host and
 * container on a bridge with its address and default route, a sysctl, and one nftables transaction
 * that masquerades the address and maps a port. Sockets stay open and nothing is decided or
 * remembered, so this is the least that any implementation on these objects can cost.
 */

const TABLE = { family: "inet", table: "bench" } as const;
const SOURCES = { ...TABLE, name: "sources" } as const;
const PORTS = { ...TABLE, name: "ports" } as const;
const BRIDGE = "cni0";
const GATEWAY = Ip.parse("10.1.0.1");
const CONTAINER = Ip.parse("10.1.0.2");
const PREFIX = Prefix.parse("10.1.0.2/16");
const ANYWHERE = Prefix.parse("0.0.0.0/0");

/** What stands before the first container: bridge and tables. */
function foundation(host: RouteSocket, tables: Nftables): number {
  const bridge = link.add(host, { name: BRIDGE, kind: "bridge", up: true });
  address.add(host, { index: bridge, prefix: Prefix.parse("10.1.0.1/16") });
  tables.commit((batch: Batch) => {
    const nat = (hook: "prerouting" | "postrouting", priority: number): void => {
      const type = "nat" as const;
      batch.addChain({ ...TABLE, name: hook, hook: { type, hook, priority } });
    };
    batch.addTable({ family: "inet", name: TABLE.table });
    batch.addSet({ ...SOURCES, key: ["ipv4_addr"] });
    batch.addSet({
      ...PORTS,
      key: ["inet_proto", "inet_service"],
      data: ["ipv4_addr", "inet_service"],
    });
    nat("prerouting", Priority.dstnat);
    nat("postrouting", Priority.srcnat);
    batch.addRule({
      ...TABLE,
      chain: "prerouting",
      expressions: [
        ...fibLocal("daddr"),
        ...dnatToMap("inet", 4, ["meta l4proto", "th dport"], PORTS.name),
      ],
    });
    batch.addRule({
      ...TABLE,
      chain: "postrouting",
      expressions: [...addressInSet("inet", 4, "saddr", SOURCES.name), ...masquerade()],
    });
  });
  return bridge;
}

/** The kernel's part for a container whose namespace is at `path`. */
export function kernelPart(path: string): Subject {
  const netns = Netns.open(path);
  const host = RouteSocket.open();
  const inside = RouteSocket.open(netns);
  const tables = Nftables.open();
  const master = foundation(host, tables);
  const peer = { name: "eth0", netns, address: "c2:11:22:33:44:55" };
  const port = concat(protoValue("tcp"), portValue(18080));
  const target = concat(CONTAINER.bytes, portValue(80));
  const add = (): void => {
    link.add(host, { name: "vethbench", kind: "veth", up: true, master, peer });
    const index = link.get(inside, peer)?.index ?? 0;
    inside.batch([
      link.setMessage(index, { up: true }),
      address.newMessage({ index, prefix: PREFIX }),
      route.newMessage({ dst: ANYWHERE, gateway: GATEWAY }),
    ]);
    writeSysctl("net.core.somaxconn", "500", netns);
    tables.commit((batch) => {
      batch.addElements(SOURCES, [{ key: CONTAINER.bytes, comment: "bench" }]);
      batch.addElements(PORTS, [{ key: port, data: target, comment: "bench" }]);
    });
  };
  const del = (): void => {
    tables.commit((batch) => {
      batch.delElements(PORTS, [port]);
      batch.delElements(SOURCES, [CONTAINER.bytes]);
    });
    link.delete(inside, { name: "eth0" });
  };
  return { add: async () => add(), del: async () => del() };
}

/** A veth pair between host and container, and nothing else. */
export function vethAlone(path: string): Subject {
  const netns = Netns.open(path);
  const host = RouteSocket.open();
  const inside = RouteSocket.open(netns);
  const peer = { name: "eth0", netns };
  return {
    add: async () => {
      link.add(host, { name: "vethbench", kind: "veth", up: true, peer });
    },
    del: async () => link.delete(inside, { name: "eth0" }),
  };
}
