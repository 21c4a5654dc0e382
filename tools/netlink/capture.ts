// Captures what `ip`, `tc` and the kernel really say, as fixtures for the tests of src/kernel/route.
// Run it in namespaces of its own: unshare -n -m npx bun tools/netlink/capture.ts
// With names of families behind it, the fixtures of the others stay as they are.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dissect } from "./dissect.ts";

const ROOT: string = join(import.meta.dirname, "../../src/kernel/route");

// One row: file, direction, command. `setup` rows only prepare.
const ROWS: readonly (readonly [file: string, way: "setup" | "sent" | "told", command: string])[] =
  [
    ["", "setup", "mount -t tmpfs none /run"],
    ["", "setup", "ip netns add peer"],
    ["", "setup", "ip link add name br0 address 02:00:00:00:00:aa type bridge"],
    [
      "link/veth",
      "sent",
      "ip link add mtu 1400 address 02:00:00:00:00:01 name eth0 type veth peer mtu 1300 netns peer name host0",
    ],
    ["", "setup", "ip link add name host1 address 02:00:00:00:00:02 type veth peer name eth1"],
    ["link/bridge", "sent", "ip link add name br1 type bridge stp_state 0 vlan_default_pvid 0"],
    ["link/up", "sent", "ip link set br0 up"],
    ["link/master", "sent", "ip link set host1 master br0"],
    ["link/port", "sent", "bridge link set dev host1 hairpin on isolated on"],
    ["link/change", "sent", "ip link set host1 alias hello txqueuelen 50 promisc on"],
    ["link/rename", "sent", "ip link set eth1 name cont1"],
    ["link/delete", "sent", "ip link delete br1"],
    ["link/host1", "told", "ip -d link show dev host1"],
    ["link/br0", "told", "ip -d link show dev br0"],
    ["address/ipv4", "sent", "ip addr add 10.1.2.3/24 brd + dev br0"],
    ["address/ipv6", "sent", "ip addr add fd00::1/64 nodad dev br0"],
    ["address/noprefixroute", "sent", "ip addr add fd01::1/64 nodad noprefixroute dev br0"],
    ["address/delete", "sent", "ip addr del fd01::1/64 dev br0"],
    ["address/br0", "told", "ip -4 addr show dev br0"],
    ["address/br0-6", "told", "ip -6 addr show dev br0 scope global"],
    [
      "route/metrics",
      "sent",
      "ip route add 10.9.0.0/16 via 10.1.2.1 dev br0 mtu 1300 advmss 1200 metric 77 table 100",
    ],
    ["route/default", "sent", "ip route add default via 10.1.2.1 dev br0 onlink"],
    ["route/large-table", "sent", "ip route add fd09::/64 via fd00::2 dev br0 table 1000"],
    [
      "route/multipath",
      "sent",
      "ip route add 10.10.0.0/16 nexthop via 10.1.2.1 dev br0 weight 2 nexthop via 10.1.2.2 dev br0",
    ],
    ["route/via", "sent", "ip route add 10.11.0.0/16 via inet6 fd00::2 dev br0"],
    [
      "route/replace",
      "sent",
      "ip route replace 10.9.0.0/16 via 10.1.2.2 dev br0 metric 77 table 100",
    ],
    ["route/table100", "told", "ip route show table 100"],
    [
      "",
      "setup",
      "ip route add 10.12.0.0/16 table 101 nexthop via 10.1.2.1 dev br0 weight 2 nexthop via inet6 fd00::2 dev br0",
    ],
    ["route/table101", "told", "ip route show table 101"],
    ["rule/from", "sent", "ip rule add from 10.1.2.3/32 table 100 prio 200"],
    ["rule/mark", "sent", "ip -6 rule add fwmark 0x2000/0x2000 table 1000 prio 300"],
    [
      "",
      "setup",
      "ip rule add from 10.1.2.3/32 iif br0 fwmark 0x2000/0xf000 table 1000 prio 40000",
    ],
    ["rule/last", "told", "ip -4 rule show"],
    [
      "neighbour/permanent",
      "sent",
      "ip neigh add 10.1.2.9 lladdr 02:00:00:00:00:09 dev br0 nud permanent",
    ],
    ["neighbour/br0", "told", "ip -4 neigh show dev br0"],
    [
      "link/vxlan",
      "sent",
      "ip link add name vx0 mtu 1450 address 02:00:00:00:00:0c type vxlan id 4242 local 10.1.2.3 nolearning dstport 8472",
    ],
    ["link/vxlan-local", "sent", "ip link set vx0 type vxlan id 4242 local 10.1.2.4"],
    ["link/vx0", "told", "ip -d link show dev vx0"],
    [
      "neighbour/forwarding",
      "sent",
      "bridge fdb add 02:00:00:00:00:0d dev vx0 dst 10.1.2.9 self permanent",
    ],
    [
      "neighbour/forwarding-replace",
      "sent",
      "bridge fdb replace 02:00:00:00:00:0d dev vx0 dst 10.1.2.10 self permanent",
    ],
    ["neighbour/vx0", "told", "bridge fdb show dev vx0"],
    ["neighbour/forwarding-delete", "sent", "bridge fdb del 02:00:00:00:00:0d dev vx0 self"],
    ["", "setup", "ip link add name ifb0 type ifb"],
    [
      "qdisc/tbf",
      "sent",
      "tc qdisc add dev host1 root handle 1: tbf rate 8mbit burst 100000b latency 25ms",
    ],
    ["qdisc/host1", "told", "tc -s qdisc show dev host1 root"],
    [
      "qdisc/tbf-fast",
      "sent",
      "tc qdisc add dev ifb0 root handle 1: tbf rate 40gbit burst 1000000b latency 25ms",
    ],
    ["qdisc/ingress", "sent", "tc qdisc add dev host1 ingress"],
    [
      "filter/redirect",
      "sent",
      "tc filter add dev host1 parent ffff: protocol all prio 1 u32 match u32 0 0 classid 1:1 action mirred egress redirect dev ifb0",
    ],
    ["qdisc/ifb0", "told", "tc -s qdisc show dev ifb0 root"],
    ["filter/host1", "told", "tc filter show dev host1 parent ffff:"],
    ["qdisc/delete", "sent", "tc qdisc del dev host1 ingress"],
    ["qdisc/delete-root", "sent", "tc qdisc del dev host1 root"],
  ];

// RTM_NEW… of each family.
const TYPES: Readonly<Record<string, number>> = {
  link: 16,
  address: 20,
  route: 24,
  neighbour: 28,
  rule: 32,
  qdisc: 36,
  filter: 44,
};

const WANTED: readonly string[] = process.argv.slice(2);

for (const [file, way, command] of ROWS) {
  if (way === "setup") {
    const [program = "", ...args] = command.split(" ");
    execFileSync(program, args);
    continue;
  }
  const messages =
    way === "sent" ? sent(command) : told(command, TYPES[file.split("/")[0] ?? ""] ?? 0);
  // A change is sent last. The kernel reports a link first, and what its names need after it.
  const message = messages.at(file.startsWith("link/") && way === "told" ? 0 : -1);
  if (message === undefined) throw new Error(`nothing captured from: ${command}`);
  if (WANTED.length > 0 && !WANTED.includes(file.split("/")[0] ?? "")) continue;
  const path = join(ROOT, file.replace("/", "/fixture/"));
  mkdirSync(join(path, ".."), { recursive: true });
  const title = way === "sent" ? "sent by" : "answer of the kernel to";
  writeFileSync(`${path}.hex`, `# ${title}: ${command}\n${dissect(message)}`);
}

function sent(command: string): Uint8Array[] {
  return trace(command, "sendmsg", "write").filter((m) => isNewOrDelete(typeOf(m)));
}

function told(command: string, type: number): Uint8Array[] {
  return trace(command, "recvmsg", "read").filter((m) => typeOf(m) === type);
}

function typeOf(message: Uint8Array): number {
  return (message[4] ?? 0) + 256 * (message[5] ?? 0);
}

// rtnetlink types go in fours: new, delete, get, set.
function isNewOrDelete(type: number): boolean {
  return type >= 16 && type % 4 !== 2;
}

/** The messages of a program's netlink calls, from strace's dump of the buffers. */
function trace(command: string, call: string, direction: string): Uint8Array[] {
  const args = ["-f", "-e", `trace=${call}`, "-e", `${direction}=all`, ...command.split(" ")];
  const { stderr, status } = spawnSync("strace", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  const messages: Uint8Array[] = [];
  for (const dump of stderr.split(/^(?! \|)/m)) {
    const rows = [...dump.matchAll(/^ \| [0-9a-f]+ {2}([0-9a-f ]{49})/gm)];
    const bytes = rows.flatMap((row) => (row[1] ?? "").trim().split(/\s+/));
    messages.push(
      ...split(
        Uint8Array.from(
          bytes.filter((b) => b !== ""),
          (b) => parseInt(b, 16),
        ),
      ),
    );
  }
  return messages;
}

function split(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = new DataView(bytes.buffer).getUint32(at, true);
    if (length < 16 || at + length > bytes.length) break;
    messages.push(bytes.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return messages;
}
