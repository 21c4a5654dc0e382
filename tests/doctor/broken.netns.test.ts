import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { replaceSysctls } from "../../src/kernel/sysctl/index.ts";
import { AF_UNIX, bind, SOCK_STREAM, socket, unixAddress } from "../../src/kernel/sys/index.ts";
import { must, run } from "../support/exec.ts";
import type { Feature } from "../support/features.ts";
import type { Container } from "../support/host.ts";
import { needs } from "../support/needs.ts";
import { listenOn } from "./listener.ts";
import { bridgeNetwork, type Found, type Keys, World } from "./world.ts";

/**
 * Nodes on which one thing is broken. Each is healthy before; doctor names the fault, and with the
 * commands that it gives the node is healthy again.
 */

setDefaultTimeout(60_000);

let world: World;
let one: Container;
/** The host's end of the container's interface. */
let veth = "";
let stack = new DisposableStack();

beforeAll(async () => {
  world = await World.create();
});
beforeEach(() => {
  stack = new DisposableStack();
});
afterEach(async () => {
  stack.dispose();
  await world.tidy();
});
afterAll(() => world.close());

const PORTMAP = { type: "portmap", capabilities: { portMappings: true } };
const OWN = bridgeNetwork("net1", {}, [PORTMAP]);
/** As the Go plugins lay out their rules. */
const GO = bridgeNetwork("net1", { ipMasqBackend: "iptables" }, [
  { ...PORTMAP, backend: "iptables" },
  { type: "firewall", backend: "iptables" },
]);

const sh = async (command: string): Promise<void> => {
  await must(["sh", "-c", command]);
};

/** Attaches container `web` with a published port and a server behind it. */
async function attach(network: Keys, port = true): Promise<void> {
  world.write("10-net.conflist", network);
  one = await world.container();
  await world.must("add", "net1", one.name, "--id", "web", ...(port ? ["-p", "8080:80"] : []));
  if (port) stack.use(listenOn(80, one));
  veth = (await must(["ip", "-o", "link", "show", "type", "veth"])).match(/\d+: (veth\w+)@/)?.[1] ?? "";
}

/** Loses what plugins of ours have noted, and the Go plugins do not. */
function forgetNotes(): void {
  rmSync("/run/hawser", { recursive: true, force: true });
  mkdirSync("/run/hawser", { mode: 0o700 });
}

interface Case {
  /** What is broken; with what doctor must call it. */
  readonly finding: string;
  readonly breaks: () => void | Promise<void>;
  /** What the command that mends it has to say. */
  readonly remedy: RegExp;
  readonly network?: Keys;
  readonly needs?: readonly Feature[];
  /** After `doctor`; the container when absent. */
  readonly words?: () => readonly string[];
  /** Where the commands make the node healthy again; false where a person has to decide. */
  readonly mends?: boolean;
  readonly port?: boolean;
}

const node = (): readonly string[] => [];
const cacheFile = (): string => {
  const [name = ""] = readdirSync("/var/lib/cni/results");
  return `/var/lib/cni/results/${name}`;
};
const changeCache = (change: (json: Record<string, unknown>) => void): void => {
  const json = JSON.parse(readFileSync(cacheFile(), "utf8")) as Record<string, unknown>;
  change(json);
  writeFileSync(cacheFile(), JSON.stringify(json));
};
const within = (command: string): Promise<void> => sh(`ip netns exec ${one.name} ${command}`);
const dummy = async (address: string): Promise<void> => {
  await sh(`ip link add other0 type dummy && ip link set other0 up && ip address add ${address} dev other0`);
  stack.defer(() => void Bun.spawnSync(["ip", "link", "delete", "other0"]));
};
const sysctl = (key: string, value: string): void => writeFileSync(`/proc/sys/${key}`, value);
/** Sysctls that a namespace may not change for the whole machine. */
const claimSysctls = (values: Readonly<Record<string, string>>): void => {
  const read = (path: string): string => {
    const name = path.replace(/^\/proc\/sys\//, "");
    return values[name] ?? readFileSync(path, "utf8").trim();
  };
  stack.use(replaceSysctls({ read, write: (path, value) => writeFileSync(path, value) }));
};

const CASES: Readonly<Record<string, Case>> = {
  "the host does not forward": {
    finding: "forwarding-off",
    breaks: () => sysctl("net/ipv4/ip_forward", "0"),
    remedy: /^sysctl -w net\.ipv4\.ip_forward=1$/,
  },
  "the host does not forward IPv6": {
    finding: "forwarding-off",
    breaks: () => sysctl("net/ipv6/conf/all/forwarding", "0"),
    remedy: /^sysctl -w net\.ipv6\.conf\.all\.forwarding=1$/,
  },
  "iptables' FORWARD chain drops": {
    finding: "packet-dropped",
    breaks: () => sh("iptables -P FORWARD DROP"),
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    needs: ["iptables"],
  },
  "a foreign table of nftables drops": {
    finding: "packet-dropped",
    breaks: () =>
      sh(
        "nft 'table inet foreign { set bad { type ipv4_addr; flags interval; elements = { 10.1.0.0/16 } }; chain f { type filter hook forward priority 10; ip saddr @bad drop; } }'",
      ),
    remedy: /^nft delete rule inet foreign f handle \d+$/,
    needs: ["nft"],
  },
  "a foreign chain has the policy drop": {
    finding: "packet-dropped",
    breaks: () =>
      sh(
        "nft 'table inet strict { chain f { type filter hook forward priority 10; policy drop; ct state established,related accept; tcp dport { 22, 443 } iifname \"nowhere\" accept; } }'",
      ),
    remedy: /^nft insert rule inet strict f iifname br1 accept && /,
    needs: ["nft"],
  },
  "firewalld refuses what it does not know": {
    finding: "packet-dropped",
    breaks: () =>
      sh(
        "nft 'table inet firewalld { chain filter_FORWARD { type filter hook forward priority 10; ct state { established, related } accept; iifname \"lo\" accept; jump zones; ct state { invalid } drop; reject with icmpx admin-prohibited; } ; chain zones { iifname vmap { \"uplink\" : goto zone_public }; } ; chain zone_public { meta l4proto icmp accept; } }'",
      ),
    remedy: /^firewall-cmd --permanent --zone=trusted --add-source=10\.1\.0\.\d+ && firewall-cmd --reload$/,
    needs: ["nft"],
    mends: false,
  },
  "the host's end is down": {
    finding: "host-end-down",
    breaks: () => sh(`ip link set ${veth} down`),
    remedy: /^ip link set veth\w+ up$/,
  },
  "the interface in the container is down": {
    finding: "interface-down",
    breaks: () => within("ip link set eth0 down"),
    remedy: /^nsenter --net=\/run\/netns\/\w+ ip link set eth0 up$/,
  },
  "the bridge is down": {
    finding: "bridge-down",
    breaks: () => sh("ip link set br1 down"),
    remedy: /^ip link set br1 up$/,
  },
  "the port is disabled": {
    finding: "port-not-forwarding",
    breaks: () => sh(`bridge link set dev ${veth} state 0`),
    remedy: /^bridge link set dev veth\w+ state 3$/,
  },
  "the host's end is on no bridge": {
    finding: "not-on-bridge",
    breaks: () => sh(`ip link set ${veth} nomaster`),
    remedy: /^ip link set veth\w+ master br1$/,
  },
  "the interface is gone": {
    finding: "interface-missing",
    breaks: () => sh(`ip link delete ${veth}`),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the address is gone from the container": {
    finding: "address-missing",
    breaks: () => within("ip -4 address flush dev eth0"),
    remedy: /ip address add 10\.1\.0\.\d+\/24 dev eth0$/,
  },
  "the default route is gone": {
    finding: "route-missing",
    breaks: () => within("ip route delete default"),
    remedy: /ip route add default via 10\.1\.0\.1 dev eth0$/,
  },
  "the IPv6 default route is gone": {
    finding: "route-missing",
    breaks: () => within("ip -6 route delete default"),
    remedy: /ip -6 route add default via fd00:10:1::1 dev eth0$/,
  },
  "the gateway's address is gone from the bridge": {
    finding: "gateway-address-missing",
    breaks: () => sh("ip address delete 10.1.0.1/24 dev br1"),
    remedy: /^ip address add 10\.1\.0\.1\/24 dev br1$/,
  },
  "the reverse path filter drops": {
    finding: "reverse-path-filter",
    breaks: async () => {
      await dummy("192.0.2.99/32");
      await sh(`ip route add ${await addressOf()}/32 dev other0`);
      sysctl("net/ipv4/conf/br1/rp_filter", "1");
    },
    remedy: /^ip route del 10\.1\.0\.\d+ dev other0$/,
    mends: false,
  },
  "masquerading is flushed": {
    finding: "masquerade-missing",
    breaks: () => sh("nft delete table inet hawser_masquerade"),
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["nft"],
  },
  "the port mappings are flushed": {
    finding: "port-mapping-missing",
    breaks: () => sh("nft delete table inet hawser_ports"),
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["nft"],
  },
  "a program of the host has the port": {
    finding: "port-held-by-host",
    breaks: () => void stack.use(listenOn(8080)),
    remedy: /^ss -lnpt 'sport = :8080'$/,
    mends: false,
  },
  "nothing waits behind the port": {
    finding: "port-not-listening",
    breaks: () => stack.dispose(),
    remedy: /^nsenter --net=\S+ ss -lnt$/,
    mends: false,
  },
  "the port leads to a dead container": {
    finding: "port-mapping-elsewhere",
    breaks: () =>
      sh(
        "nft 'table ip stale { chain p { type nat hook prerouting priority -110; tcp dport 8080 dnat to 10.1.0.99:80; } }'",
      ),
    remedy: /^nft -a list chain ip stale p$/,
    needs: ["nft"],
    mends: false,
  },
  "127.0.0.1 is not routed": {
    finding: "route-localnet-off",
    breaks: () => sysctl("net/ipv4/conf/br1/route_localnet", "0"),
    remedy: /^sysctl -w net\/ipv4\/conf\/br1\/route_localnet=1$/,
  },
  "the uplink takes smaller packets": {
    finding: "mtu-shrinks",
    breaks: async () => {
      await sh("ip link set uplink mtu 1400");
      stack.defer(() => void Bun.spawnSync(["ip", "link", "set", "uplink", "mtu", "1500"]));
    },
    remedy: /^nsenter --net=\S+ ip link set eth0 mtu 1400$/,
  },
  "the bridge takes smaller packets": {
    finding: "mtu-shrinks",
    breaks: () => sh("ip link set br1 mtu 1300"),
    remedy: /^nsenter --net=\S+ ip link set eth0 mtu 1300$/,
  },
  "the namespace is deleted": {
    finding: "namespace-gone",
    breaks: () => world.host.remove(one),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the namespace is deleted, seen from the node": {
    finding: "namespace-gone",
    breaks: () => world.host.remove(one),
    remedy: /^hawser del net1 --id web$/,
    words: node,
  },
  "another container is at the path": {
    finding: "namespace-replaced",
    breaks: async () => {
      await world.host.remove(one);
      await world.container(one.name);
    },
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the cache is deleted": {
    finding: "cache-entry-missing",
    breaks: () => rmSync(cacheFile()),
    remedy: /^ls -l \/var\/lib\/cni\/results$/,
    mends: false,
  },
  "the reservation is deleted": {
    finding: "reservation-missing",
    breaks: async () => rmSync(`/var/lib/cni/networks/net1/${await addressOf()}`),
    remedy: /^hawser sync --id web --ifname eth0$/,
    mends: false,
  },
  "a reservation is left behind": {
    finding: "reservation-leaked",
    breaks: () => reserve("10.1.0.77", "ghost"),
    remedy: /^hawser del net1 --id ghost$/,
    words: node,
  },
  "the range is full": {
    finding: "pool-full",
    network: bridgeNetwork("net1", {
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/29" }]] },
    }),
    port: false,
    breaks: () => {
      for (let last = 3; last <= 6; last++) reserve(`10.1.0.${last}`, `ghost${last}`);
    },
    remedy: /^hawser gc net1 --dead$/,
    words: node,
    mends: false,
  },
  "an ADD was cut short": {
    finding: "add-unfinished",
    breaks: () => changeCache((json) => delete json["result"]),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the machine has booted since": {
    finding: "attachment-of-earlier-boot",
    breaks: () => {
      forgetNotes();
      changeCache((json) => {
        for (const value of Object.values(json)) {
          if (typeof value === "object" && value !== null && "bootId" in value) value.bootId = "other";
        }
        if ("bootId" in json) json["bootId"] = "other";
      });
    },
    remedy: /^hawser (?:gc net1 --dead|del net1 --id web)/,
    words: node,
  },
  "a plugin's executable is missing": {
    finding: "plugin-missing",
    breaks: () => {
      rmSync(join(world.plugins, "host-local"));
      stack.defer(() => symlinkSync(world.program, join(world.plugins, "host-local")));
    },
    remedy: /^hawser install --bin-dir \S+$/,
    words: node,
    mends: false,
  },
  "a plugin may not be executed": {
    finding: "plugin-not-executable",
    breaks: () => {
      const path = join(world.plugins, "tuning");
      rmSync(path);
      writeFileSync(path, "#!/bin/sh\n");
      chmodSync(path, 0o644);
      world.write("20.conflist", { cniVersion: "1.1.0", name: "tuned", plugins: [{ type: "tuning" }] });
      stack.defer(() => {
        rmSync(path);
        symlinkSync(world.program, path);
      });
    },
    remedy: /^chmod 755 \S+\/tuning$/,
    words: node,
    mends: false,
  },
  "a configuration is half written": {
    finding: "configuration-broken",
    breaks: () => void world.write("05-half.conflist", '{"cniVersion": "1.1.0", "name": "ha'),
    remedy: /^hawser validate \S+\/05-half\.conflist$/,
    words: node,
    mends: false,
  },
  "two files have one name": {
    finding: "configuration-shadowed",
    breaks: () => void world.write("20-again.conflist", OWN),
    remedy: /^hawser validate \S+$/,
    words: node,
    mends: false,
  },
  "the cniVersion is none": {
    finding: "configuration-broken",
    breaks: () => void world.write("10-net.conflist", { ...OWN, cniVersion: "9.9.9" }),
    remedy: /^hawser validate \S+\/10-net\.conflist$/,
    words: node,
    mends: false,
  },
  "the daemon's socket is stale": {
    finding: "daemon-gone",
    breaks: () => staleSocket("/run/hawser/daemon.sock"),
    remedy: /^rm \/run\/hawser\/daemon\.sock$/,
    words: node,
  },
  "the DHCP daemon's socket is stale": {
    finding: "dhcp-daemon-gone",
    breaks: () => staleSocket("/run/cni/dhcp.sock"),
    remedy: /^rm -f \/run\/cni\/dhcp\.sock && hawser dhcp daemon$/,
    words: node,
    mends: false,
  },
  "the state directory is read-only": {
    finding: "directory-read-only",
    breaks: async () => {
      await sh("mount --bind /var/lib/cni/networks /var/lib/cni/networks && mount -o remount,ro,bind /var/lib/cni/networks");
      stack.defer(() => void Bun.spawnSync(["umount", "/var/lib/cni/networks"]));
    },
    remedy: /^mount -o remount,rw \S+$/,
    words: node,
    mends: false,
  },
  "the host has the container's address": {
    finding: "address-duplicate",
    breaks: async () => dummy(`${await addressOf()}/32`),
    remedy: /^ip address delete 10\.1\.0\.\d+\/32 dev other0$/,
  },
  "the gateway did not answer": {
    finding: "neighbour-failed",
    breaks: () => within("ip neighbour replace 10.1.0.1 dev eth0 nud failed"),
    remedy: /ip neighbour flush to 10\.1\.0\.1 dev eth0$/,
  },
  "the gateway is taken for another": {
    finding: "neighbour-of-other-mac",
    breaks: () => within("ip neighbour replace 10.1.0.1 dev eth0 lladdr 02:00:00:00:00:99 nud permanent"),
    remedy: /ip neighbour flush to 10\.1\.0\.1 dev eth0$/,
    mends: false,
  },
  "both ports are isolated": {
    finding: "ports-isolated",
    breaks: async () => {
      const two = await world.container();
      await world.must("add", "net1", two.name, "--id", "two");
      const veths = (await must(["ip", "-o", "link", "show", "master", "br1"])).matchAll(/\d+: (veth\w+)@/g);
      for (const [, name] of veths) await sh(`bridge link set dev ${name} isolated on`);
    },
    remedy: /^bridge link set dev veth\w+ isolated off$/,
    words: () => ["web", "--to", "10.1.0.3:80"],
  },
  "the port is in another VLAN": {
    finding: "vlan-differs",
    breaks: () =>
      sh(
        `ip link set br1 type bridge vlan_filtering 1 && bridge vlan del dev ${veth} vid 1 && bridge vlan add dev ${veth} vid 5 pvid untagged`,
      ),
    remedy: /^bridge vlan add dev veth\w+ vid 1 pvid untagged$/,
    needs: ["kernel:bridge-vlan-filtering"],
  },
  "all connections that may be are tracked": {
    finding: "conntrack-full",
    breaks: () =>
      claimSysctls({
        "net/netfilter/nf_conntrack_count": "4096",
        "net/netfilter/nf_conntrack_max": "4096",
      }),
    remedy: /^sysctl -w net\.netfilter\.nf_conntrack_max=8192$/,
    mends: false,
  },
  "there is no way to the name server": {
    finding: "name-server-unreachable",
    network: bridgeNetwork("net1", { dns: { nameservers: ["203.0.113.53"] } }, [PORTMAP]),
    breaks: async () => {
      await sh("ip route add unreachable 203.0.113.53");
      stack.defer(() => void Bun.spawnSync(["ip", "route", "delete", "unreachable", "203.0.113.53"]));
    },
    remedy: /^ip route get 203\.0\.113\.53 iif br1$/,
    mends: false,
  },
  "frames meet a chain that drops": {
    finding: "bridge-filter-drops",
    breaks: async () => {
      claimSysctls({ "net/bridge/bridge-nf-call-iptables": "1" });
      await sh("iptables -P FORWARD DROP");
    },
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    words: () => ["web", "--to", "10.1.0.200:80"],
    needs: ["iptables"],
  },
  "the clock was put back": {
    finding: "clock-stepped-back",
    breaks: () => {
      const later = new Date(Date.now() + 3_600_000);
      utimesSync(cacheFile(), later, later);
    },
    remedy: /^timedatectl status$/,
    words: node,
    mends: false,
  },
  "Go's layout: the accepting rules are flushed": {
    finding: "packet-dropped",
    network: GO,
    breaks: async () => {
      forgetNotes();
      await sh("iptables -P FORWARD DROP && iptables -F CNI-FORWARD");
    },
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    needs: ["iptables", "iptables-save"],
  },
  "Go's layout: masquerading is flushed": {
    finding: "masquerade-missing",
    network: GO,
    breaks: async () => {
      forgetNotes();
      await sh("iptables -t nat -F POSTROUTING");
    },
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["iptables", "iptables-save"],
    mends: false,
  },
  "Go's layout: the port mappings are flushed": {
    finding: "port-mapping-missing",
    network: GO,
    breaks: async () => {
      forgetNotes();
      await sh("iptables -t nat -F CNI-HOSTPORT-DNAT");
    },
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["iptables", "iptables-save"],
    mends: false,
  },
};

async function addressOf(): Promise<string> {
  const text = await must(["ip", "-n", one.name, "-o", "-4", "address", "show", "eth0"]);
  return text.match(/inet ([\d.]+)/)?.[1] ?? "";
}

/** A reservation that is old enough to be no ADD that is under way. */
function reserve(address: string, containerId: string): void {
  const path = `/var/lib/cni/networks/net1/${address}`;
  writeFileSync(path, `${containerId}\r\neth0`);
  const before = new Date(Date.now() - 3_600_000);
  utimesSync(path, before, before);
}

/** A socket whose process has ended without removing it. */
function staleSocket(path: string): void {
  mkdirSync(path.replace(/\/[^/]+$/, ""), { recursive: true });
  using made = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(made, unixAddress(path));
}

/** Runs the commands of all findings, up to four times: one fault may hide another. */
async function mend(words: readonly string[], findings: readonly Found[]): Promise<readonly Found[]> {
  let left = findings;
  for (let round = 0; round < 4 && left.length > 0; round++) {
    for (const command of new Set(left.map(({ remedy }) => remedy))) {
      const [program, ...rest] = command.split(" ");
      if (program === "hawser") await world.hawser(...rest);
      else await run(["sh", "-c", command]);
    }
    left = (await world.doctor(...words)).findings;
  }
  return left;
}

for (const [name, broken] of Object.entries(CASES)) {
  needs(...(broken.needs ?? []))(`a broken node: ${name}`, async () => {
    await attach(broken.network ?? OWN, broken.port);
    const words = broken.words?.() ?? ["web"];
    expect((await world.doctor("web")).findings).toEqual([]);
    expect((await world.doctor()).findings).toEqual([]);
    await broken.breaks();
    const { code, findings } = await world.doctor(...words);
    const found = findings.find(({ name: each, remedy }) => {
      return each === broken.finding && broken.remedy.test(remedy);
    });
    expect({ findings, found }).toEqual({ findings, found: expect.anything() as Found });
    expect(code).toBe(findings.some(({ severity }) => severity === "failed") ? 1 : 0);
    if (broken.mends === false) return;
    expect(await mend(words, findings)).toEqual([]);
  });
}
