import { existsSync } from "node:fs";
import { must } from "../../support/exec.ts";
import { until } from "../../support/until.ts";
import { type Cases, PORTMAP } from "../broken-node.ts";
import { bridgeNetwork } from "../world.ts";

const LOCK = "table inet lock { chain out { type filter hook output priority 0; RULE; }\n}";

/** Four ways from each chain to the next: led through all of them, a packet would take a minute. */
function maze(): string {
  const jumps = (to: string): string => `jump ${to}; `.repeat(4);
  const chains = Array.from({ length: 10 }, (_, at) => {
    return `chain c${at} { ${at === 0 ? "counter;" : jumps(`c${at - 1}`)} }`;
  });
  const base = `chain out { type filter hook output priority 0; ${jumps("c9")} }`;
  return `table inet maze {\n${[...chains, base].join("\n")}\n}`;
}

/** What is inside the container, and between it and the host. */
export const CONTAINER_CASES: Cases = {
  "the host's end is down": {
    finding: "host-end-down",
    breaks: (at) => at.sh(`ip link set ${at.veth} down`),
    remedy: /^ip link set veth\w+ up$/,
  },
  "the interface in the container is down": {
    finding: "interface-down",
    breaks: (at) => at.within("ip link set eth0 down"),
    remedy: /^nsenter --net=\/run\/netns\/\w+ ip link set eth0 up$/,
  },
  "the bridge is down": {
    finding: "bridge-down",
    breaks: (at) => at.sh("ip link set br1 down"),
    remedy: /^ip link set br1 up$/,
  },
  "the port is disabled": {
    finding: "port-not-forwarding",
    breaks: (at) => at.sh(`bridge link set dev ${at.veth} state 0`),
    remedy: /^bridge link set dev veth\w+ state 3$/,
  },
  "the host's end is on no bridge": {
    finding: "not-on-bridge",
    breaks: (at) => at.sh(`ip link set ${at.veth} nomaster`),
    remedy: /^ip link set veth\w+ master br1$/,
  },
  "the interface is gone": {
    finding: "interface-missing",
    breaks: (at) => at.sh(`ip link delete ${at.veth}`),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the address is gone from the container": {
    finding: "address-missing",
    breaks: (at) => at.within("ip -4 address flush dev eth0"),
    remedy: /ip address add 10\.1\.0\.\d+\/24 dev eth0$/,
  },
  "the default route is gone": {
    finding: "route-missing",
    breaks: (at) => at.within("ip route delete default"),
    remedy: /ip route add default via 10\.1\.0\.1 dev eth0$/,
  },
  "all routes are gone, that of the subnet among them": {
    finding: "route-missing",
    breaks: (at) => at.within("ip route flush table main"),
    remedy:
      /ip route add 10\.1\.0\.0\/24 dev eth0 && nsenter \S+ ip route add default via 10\.1\.0\.1 dev eth0$/,
  },
  "the IPv6 default route is gone": {
    finding: "route-missing",
    breaks: (at) => at.within("ip -6 route delete default"),
    remedy: /ip -6 route add default via fd00:10:1::1 dev eth0$/,
  },
  "a rule inside the container drops what it sends": {
    finding: "container-filter-drops",
    breaks: (at) => at.nftWithin(LOCK.replace("RULE", 'oifname "eth0" drop')),
    remedy: /^nsenter --net=\S+ nft -a list chain inet lock out$/,
    needs: ["nft"],
    mends: false,
  },
  "a rule inside the container drops what comes for its port": {
    finding: "container-filter-drops",
    breaks: (at) =>
      at.nftWithin(`table ip filter {
        chain INPUT { type filter hook input priority 0; policy drop;
          ct state established accept
          iifname "lo" accept
        }
      }`),
    says: /^the policy of chain INPUT .* drops what comes for 8080 .* made by iptables, and is not the host's$/,
    remedy: /^nsenter --net=\S+ nft -a list chain ip filter INPUT$/,
    needs: ["nft"],
    mends: false,
  },
  "a rule inside the container goes by the sender's user": {
    finding: "container-filter-may-drop",
    breaks: (at) => at.nftWithin(LOCK.replace("RULE", "meta skuid 1000 drop")),
    remedy: /^nsenter --net=\S+ nft -a list chain inet lock out$/,
    needs: ["nft"],
    mends: false,
  },
  "the container's chains are a maze": {
    finding: "source-unreadable",
    breaks: (at) => at.nftWithin(maze()),
    remedy: /^hawser doctor --verbose$/,
    needs: ["nft"],
    mends: false,
  },
  "the gateway's address is gone from the bridge": {
    finding: "gateway-address-missing",
    breaks: (at) => at.sh("ip address delete 10.1.0.1/24 dev br1"),
    remedy: /^ip address add 10\.1\.0\.1\/24 dev br1$/,
  },
  "the uplink takes smaller packets": {
    finding: "mtu-shrinks",
    breaks: async (at) => {
      await at.sh("ip link set uplink mtu 1400");
      at.finally("ip", "link", "set", "uplink", "mtu", "1500");
    },
    remedy: /^nsenter --net=\S+ ip link set eth0 mtu 1400$/,
  },
  "the bridge takes smaller packets": {
    finding: "mtu-shrinks",
    breaks: (at) => at.sh("ip link set br1 mtu 1300"),
    remedy: /^nsenter --net=\S+ ip link set eth0 mtu 1300$/,
  },
  "the host has the container's address": {
    finding: "address-duplicate",
    breaks: async (at) => at.otherLink(`${await at.address()}/32`),
    remedy: /^ip address delete 10\.1\.0\.\d+\/32 dev other0$/,
  },
  "the container has taken the gateway's address": {
    finding: "address-duplicate",
    breaks: (at) => at.within("ip address add 10.1.0.1/24 dev eth0"),
    remedy: /^nsenter --net=\S+ ip address delete 10\.1\.0\.1\/24 dev eth0$/,
  },
  "the gateway did not answer": {
    finding: "neighbour-failed",
    breaks: (at) => at.within("ip neighbour replace 10.1.0.1 dev eth0 nud failed"),
    remedy: /ip neighbour flush to 10\.1\.0\.1 dev eth0$/,
  },
  "the gateway is taken for another": {
    finding: "neighbour-of-other-mac",
    breaks: (at) =>
      at.within("ip neighbour replace 10.1.0.1 dev eth0 lladdr 02:00:00:00:00:99 nud permanent"),
    remedy: /ip neighbour flush to 10\.1\.0\.1 dev eth0$/,
    mends: false,
  },
  "both ports are isolated": {
    finding: "ports-isolated",
    breaks: async (at) => {
      const two = await at.world.container();
      await at.world.must("add", "net1", two.name, "--id", "two");
      const veths = (await must(["ip", "-o", "link", "show", "master", "br1"])).matchAll(
        /\d+: (veth\w+)@/g,
      );
      for (const [, name] of veths) await at.sh(`bridge link set dev ${name} isolated on`);
    },
    remedy: /^bridge link set dev veth\w+ isolated off$/,
    words: ["web", "--to", "10.1.0.3:80"],
  },
  "the port is in another VLAN": {
    finding: "vlan-differs",
    breaks: (at) =>
      at.sh(
        `ip link set br1 type bridge vlan_filtering 1 && bridge vlan del dev ${at.veth} vid 1 && bridge vlan add dev ${at.veth} vid 5 pvid untagged`,
      ),
    remedy: /^bridge vlan add dev veth\w+ vid 1 pvid untagged$/,
    needs: ["kernel:bridge-vlan-filtering"],
  },
  "there is no way to the name server": {
    finding: "name-server-unreachable",
    network: bridgeNetwork("net1", { dns: { nameservers: ["203.0.113.53"] } }, [PORTMAP]),
    breaks: async (at) => {
      await at.sh("ip route add unreachable 203.0.113.53");
      at.finally("ip", "route", "delete", "unreachable", "203.0.113.53");
    },
    remedy: /^ip route get 203\.0\.113\.53 iif br1$/,
    mends: false,
  },
  "the container's processes have no resolv.conf": {
    finding: "resolv-conf-missing",
    breaks: async (at) => {
      const bare = "mount -t tmpfs tmpfs /etc && exec sleep 60";
      const words = ["nsenter", `--net=${at.one.netns}`, "unshare", "--mount", "sh", "-c", bare];
      const sleeper = Bun.spawn(words, { stdio: ["ignore", "ignore", "inherit"] });
      at.stack.defer(() => sleeper.kill());
      const isBare = (): boolean => !existsSync(`/proc/${sleeper.pid}/root/etc/resolv.conf`);
      await until("a process without a resolv.conf", isBare);
    },
    remedy: /^ls -l \/proc\/\d+\/root\/etc\/resolv\.conf$/,
    mends: false,
  },
  "the interface has another MAC": {
    finding: "mac-differs",
    breaks: (at) => at.within("ip link set eth0 address 02:00:00:00:00:77"),
    remedy: /ip link set eth0 address [0-9a-f:]{17}$/,
  },
  "the container has no address of the family": {
    finding: "no-address-of-family",
    network: bridgeNetwork("net1", {
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }]] },
    }),
    port: false,
    breaks: () => undefined,
    words: ["web", "--to", "[2001:db8::2]:443"],
    remedy: /^hawser show web$/,
    mends: false,
  },
};
