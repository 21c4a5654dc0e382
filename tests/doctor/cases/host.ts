import { type Cases, changeCache, setSysctl } from "../broken-node.ts";
import { listenOn } from "../listener.ts";
import { bridgeNetwork } from "../world.ts";

const FOREIGN = `table inet foreign {
  set bad {
    type ipv4_addr
    flags interval
    elements = { 10.1.0.0/16 }
  }
  chain f {
    type filter hook forward priority 10
    ip saddr @bad drop
  }
}`;

const STRICT = `table inet strict {
  chain f {
    type filter hook forward priority 10; policy drop;
    ct state established,related accept
    tcp dport { 22, 443 } iifname "nowhere" accept
  }
}`;

const FIREWALLD = `table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority 10
    ct state { established, related } accept
    iifname "lo" accept
    jump zones
    ct state { invalid } drop
    reject with icmpx admin-prohibited
  }
  chain zones {
    iifname vmap { "uplink" : goto zone_public }
  }
  chain zone_public {
    meta l4proto icmp accept
  }
}`;

const STALE = `table ip stale {
  chain p {
    type nat hook prerouting priority -110
    tcp dport 8080 dnat to 10.1.0.99:80
  }
}`;

/** What the host does with packets of containers, and with those for them. */
export const HOST_CASES: Cases = {
  "the host does not forward": {
    finding: "forwarding-off",
    breaks: () => setSysctl("net/ipv4/ip_forward", "0"),
    remedy: /^sysctl -w net\.ipv4\.ip_forward=1$/,
  },
  "the host does not forward IPv6": {
    finding: "forwarding-off",
    breaks: () => setSysctl("net/ipv6/conf/all/forwarding", "0"),
    remedy: /^sysctl -w net\.ipv6\.conf\.all\.forwarding=1$/,
  },
  "answers come in by a link that is not forwarded from": {
    finding: "forwarding-off",
    breaks: (at) => {
      at.stack.defer(() => setSysctl("net/ipv4/conf/uplink/forwarding", "1"));
      setSysctl("net/ipv4/conf/uplink/forwarding", "0");
    },
    remedy: /^sysctl -w net\/ipv4\/conf\/uplink\/forwarding=1$/,
  },
  "iptables' FORWARD chain drops": {
    finding: "packet-dropped",
    breaks: (at) => at.sh("iptables -P FORWARD DROP"),
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    needs: ["iptables"],
  },
  "a foreign table of nftables drops": {
    finding: "packet-dropped",
    breaks: (at) => at.nft(FOREIGN),
    remedy: /^nft delete rule inet foreign f handle \d+$/,
    needs: ["nft"],
  },
  "a foreign chain has the policy drop": {
    finding: "packet-dropped",
    breaks: (at) => at.nft(STRICT),
    remedy: /^nft insert rule inet strict f iifname br1 accept && /,
    needs: ["nft"],
  },
  "firewalld refuses what it does not know": {
    finding: "packet-dropped",
    breaks: (at) => at.nft(FIREWALLD),
    remedy:
      /^firewall-cmd --permanent --zone=trusted --add-source=10\.1\.0\.\d+ && firewall-cmd --reload$/,
    needs: ["nft"],
    mends: false,
  },
  "the reverse path filter drops": {
    finding: "reverse-path-filter",
    breaks: async (at) => {
      await at.otherLink("192.0.2.99/32");
      await at.sh(`ip route add ${await at.address()}/32 dev other0`);
      setSysctl("net/ipv4/conf/br1/rp_filter", "1");
    },
    remedy: /^ip route del 10\.1\.0\.\d+ dev other0$/,
    mends: false,
  },
  "masquerading is flushed": {
    finding: "masquerade-missing",
    breaks: (at) => at.sh("nft delete table inet hawser_masquerade"),
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["nft"],
  },
  "the port mappings are flushed": {
    finding: "port-mapping-missing",
    breaks: (at) => at.sh("nft delete table inet hawser_ports"),
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["nft"],
  },
  "a port is published, and no plugin maps it": {
    finding: "port-mapping-missing",
    breaks: async (at) => {
      const config = btoa(JSON.stringify(bridgeNetwork("net1")));
      changeCache((entry) => Object.assign(entry, { config }));
      await at.sh("nft delete table inet hawser_ports");
    },
    remedy:
      /^add \{ "type": "portmap", .* \} to the network's plugins, then hawser del net1 --id web && /,
    needs: ["nft"],
    mends: false,
  },
  "a program of the host has the port": {
    finding: "port-held-by-host",
    breaks: (at) => void at.stack.use(listenOn(8080)),
    remedy: /^ss -lnpt 'sport = :8080'$/,
    mends: false,
  },
  "nothing waits behind the port": {
    finding: "port-not-listening",
    breaks: (at) => at.stack.dispose(),
    remedy: /^nsenter --net=\S+ ss -lnt$/,
    mends: false,
  },
  "the port leads to a dead container": {
    finding: "port-mapping-elsewhere",
    breaks: (at) => at.nft(STALE),
    remedy: /^nft -a list chain ip stale p$/,
    needs: ["nft"],
    mends: false,
  },
  "the port leads to the host itself": {
    finding: "port-mapping-elsewhere",
    breaks: (at) => at.nft(STALE.replace("dnat to 10.1.0.99:80", "redirect to :9")),
    says: /is led to the host itself by .*: a program of the host gets what comes$/,
    remedy: /^nft -a list chain ip stale p$/,
    needs: ["nft"],
    mends: false,
  },
  "the port leads to a container that is gone, and is known": {
    finding: "port-mapping-elsewhere",
    breaks: async (at) => {
      const two = await at.world.container();
      await at.world.must("add", "net1", two.name, "--id", "two");
      await at.world.host.remove(two);
      await at.nft(STALE.replace("10.1.0.99", "10.1.0.3"));
    },
    remedy: /^hawser del net1 --id two$/,
    needs: ["nft"],
    mends: false,
  },
  "127.0.0.1 is not routed": {
    finding: "route-localnet-off",
    breaks: () => setSysctl("net/ipv4/conf/br1/route_localnet", "0"),
    remedy: /^sysctl -w net\/ipv4\/conf\/br1\/route_localnet=1$/,
  },
  "all connections that may be are tracked": {
    finding: "conntrack-full",
    breaks: (at) =>
      at.claimSysctls({
        "net/netfilter/nf_conntrack_count": "4096",
        "net/netfilter/nf_conntrack_max": "4096",
      }),
    remedy: /^sysctl -w net\.netfilter\.nf_conntrack_max=8192$/,
    mends: false,
  },
  "frames meet a chain that drops": {
    finding: "bridge-filter-drops",
    breaks: async (at) => {
      at.claimSysctls({ "net/bridge/bridge-nf-call-iptables": "1" });
      await at.sh("iptables -P FORWARD DROP");
    },
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    words: ["web", "--to", "10.1.0.200:80"],
    needs: ["iptables"],
  },
  "iptables' FORWARD chain drops, seen from the node": {
    finding: "forward-policy-drop",
    breaks: (at) => at.sh("iptables -P FORWARD DROP"),
    remedy: /^iptables -P FORWARD ACCEPT$/,
    needs: ["iptables"],
    words: [],
  },
};
