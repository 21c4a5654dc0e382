import { afterAll, beforeAll, expect, test } from "bun:test";
import { run } from "../../../tests/support/ruleset.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import {
  addressInSet,
  CtStatus,
  compose,
  concat,
  ctStatus,
  dnatToMap,
  fibLocal,
  masquerade,
  Nftables,
  portValue,
  prefixMatch,
  protoValue,
} from "./index.ts";

// This namespace is the host; `container` hangs on a veth pair, with a server that answers what it
// was sent, and from which address.

const family = "inet";
const ports = { family, table: "hawser_ports" } as const;
const server = `
  import { createSocket } from "node:dgram";
  import { createServer } from "node:net";
  for (const [family, host] of [["udp4", "10.1.0.5"], ["udp6", "fd00::5"]]) {
    const udp = createSocket(family);
    udp.on("message", (text, from) => udp.send("udp " + text + " " + from.address, from.port, from.address));
    udp.bind(53, host);
  }
  const tcp = createServer((socket) => socket.end("tcp " + socket.remoteAddress));
  tcp.listen(80, "::", () => console.log("ready"));
`;
let container: ReturnType<typeof start>;

function start() {
  const argv = ["unshare", "-n", process.execPath, "-e", `await Bun.stdin.text(); ${server}`];
  return Bun.spawn(argv, { stdin: "pipe", stdout: "pipe" });
}

beforeAll(async () => {
  // Without this the kernel spends two seconds on proving its own link-local addresses.
  run(["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0"]);
  container = start();
  const pid = String(container.pid);
  await untilOwnNamespace(pid);
  const inside = (...command: string[]) => run(["nsenter", "-t", pid, "-n", ...command]);
  inside("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
  run(["ip", "link", "set", "lo", "up"]);
  run(["ip", "link", "add", "host0", "type", "veth", "peer", "name", "eth0", "netns", pid]);
  run(["ip", "addr", "add", "10.1.0.1/16", "dev", "host0"]);
  run(["ip", "addr", "add", "fd00::1/64", "dev", "host0", "nodad"]);
  run(["ip", "addr", "add", "192.0.2.1/32", "dev", "lo"]);
  run(["ip", "addr", "add", "2001:db8::1/128", "dev", "lo"]);
  run(["ip", "link", "set", "host0", "up"]);
  run(["sysctl", "-qw", "net.ipv4.conf.host0.route_localnet=1"]);
  inside("ip", "addr", "add", "10.1.0.5/16", "dev", "eth0");
  inside("ip", "addr", "add", "fd00::5/64", "dev", "eth0", "nodad");
  inside("ip", "link", "set", "eth0", "up");
  inside("ip", "route", "add", "default", "via", "10.1.0.1");
  inside("ip", "-6", "route", "add", "default", "via", "fd00::1");
  await container.stdin.end();
  await container.stdout.getReader().read();
});

afterAll(async () => {
  container.kill();
  await container.exited;
});

async function untilOwnNamespace(pid: string): Promise<void> {
  const own = run(["readlink", "/proc/self/ns/net"]);
  for (let attempt = 0; attempt < 200; attempt++) {
    if (run(["readlink", `/proc/${pid}/ns/net`]) !== own) return;
    await Bun.sleep(5);
  }
  throw new Error("the container has no namespace of its own");
}

function mapPorts(nft: Nftables): void {
  const map4 = { ...ports, name: "hostports4" };
  const map6 = { ...ports, name: "hostports6" };
  const key = ["inet_proto", "inet_service"] as const;
  const parts = ["meta l4proto", "th dport"] as const;
  const comment = "net c1 eth0";
  nft.commit((batch) => {
    batch.addTable({ family, name: ports.table });
    batch.addSet({ ...map4, key, data: ["ipv4_addr", "inet_service"] });
    batch.addSet({ ...map6, key, data: ["ipv6_addr", "inet_service"] });
    batch.addSet({ ...ports, name: "mapped", key: ["ipv4_addr"] });
    const hook = { type: "nat", hook: "output", priority: -100 } as const;
    batch.addChain({ ...ports, name: "output", hook });
    const post = { type: "nat", hook: "postrouting", priority: 100 } as const;
    batch.addChain({ ...ports, name: "postrouting", hook: post });
    for (const version of [4, 6] as const) {
      const lookup = dnatToMap(family, version, parts, `hostports${version}`);
      const expressions = compose(fibLocal("daddr"), lookup);
      batch.addRule({ ...ports, chain: "output", expressions });
    }
    batch.addRule({
      ...ports,
      chain: "postrouting",
      expressions: compose(
        ctStatus(CtStatus.DNAT),
        addressInSet(family, 4, "daddr", "mapped"),
        prefixMatch(family, Prefix.parse("127.0.0.0/8"), "saddr"),
        masquerade(),
      ),
    });
    const to = (ip: string, port: number) => concat(Ip.parse(ip).bytes, portValue(port));
    batch.addElements(map4, [
      { key: concat(protoValue("tcp"), portValue(8080)), data: to("10.1.0.5", 80), comment },
      { key: concat(protoValue("udp"), portValue(5353)), data: to("10.1.0.5", 53), comment },
    ]);
    batch.addElements(map6, [
      { key: concat(protoValue("tcp"), portValue(8080)), data: to("fd00::5", 80), comment },
      { key: concat(protoValue("udp"), portValue(5353)), data: to("fd00::5", 53), comment },
    ]);
    batch.addElements({ ...ports, name: "mapped" }, [{ key: Ip.parse("10.1.0.5").bytes }]);
  });
}

async function tcp(host: string, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  await Bun.connect({
    hostname: host,
    port,
    socket: {
      data: (_socket, text) => resolve(text.toString()),
      close: () => resolve("closed"),
      error: (_socket, error) => reject(error),
    },
  });
  return await promise;
}

async function outcome(connection: Promise<string>): Promise<string> {
  return await connection.catch(() => "refused");
}

async function udp(host: string, port: number, from: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.udpSocket({
    hostname: from,
    socket: { data: (_socket, text) => resolve(text.toString()) },
  });
  socket.send("hello", port, host);
  const timer = setTimeout(resolve, 2000, "no answer");
  const answer = await promise;
  clearTimeout(timer);
  socket.close();
  return answer;
}

test("connections to a mapped host port reach the container, of both protocols and IP versions", async () => {
  using nft = Nftables.open();
  mapPorts(nft);
  expect(await tcp("192.0.2.1", 8080)).toBe("tcp ::ffff:192.0.2.1");
  expect(await udp("192.0.2.1", 5353, "192.0.2.1")).toBe("udp hello 192.0.2.1");
  expect(await tcp("2001:db8::1", 8080)).toBe("tcp 2001:db8::1");
  expect(await udp("2001:db8::1", 5353, "2001:db8::1")).toBe("udp hello 2001:db8::1");
});

test("a connection from loopback is masqueraded and answered", async () => {
  expect(await tcp("127.0.0.1", 8080)).toBe("tcp ::ffff:10.1.0.1");
});

test("a port without an element is not rewritten, and neither is one whose element is gone", async () => {
  expect(await outcome(tcp("192.0.2.1", 8081))).toBe("refused");
  using nft = Nftables.open();
  const map4 = { ...ports, name: "hostports4" };
  nft.commit((b) => b.delElements(map4, [concat(protoValue("tcp"), portValue(8080))]));
  expect(await outcome(tcp("192.0.2.1", 8080))).toBe("refused");
  expect(await tcp("2001:db8::1", 8080)).toBe("tcp 2001:db8::1");
});
