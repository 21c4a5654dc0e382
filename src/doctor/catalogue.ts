/** All findings by their names, which stay: programs go by them. `docs/doctor.md` has them as a table. */

/** Whether something is broken, or may be. */
export type Severity = "failed" | "warned";

/** What is the same of a finding wherever it is made. */
export interface FindingKind {
  readonly severity: Severity;
  /** What it means, for the table. */
  readonly meaning: string;
}

/** The findings in the order of the stages: name, severity, meaning. */
export const SECTIONS = [
  {
    title: "Configuration and executables",
    findings: [
      ["configuration-missing", "failed", "no file of the configuration directory has the network"],
      [
        "configuration-broken",
        "failed",
        "a file cannot be read or understood; runtimes pass over it, or stop",
      ],
      [
        "configuration-shadowed",
        "warned",
        "two files have one name: runtimes take the first alone",
      ],
      [
        "configuration-none",
        "failed",
        "the configuration directory has no network, or is not there",
      ],
      [
        "configuration-version",
        "failed",
        "the cniVersion is none that a plugin of the network supports",
      ],
      ["plugin-missing", "failed", "the executable of a plugin is in none of the directories"],
      ["plugin-not-executable", "failed", "the executable of a plugin may not be executed"],
      ["plugin-broken", "failed", "a plugin does not answer VERSION"],
      [
        "kernel-feature-missing",
        "failed",
        "the kernel lacks what a plugin of a network works with",
      ],
    ],
  },
  {
    title: "What is known of the attachment",
    findings: [
      [
        "attachment-unknown",
        "warned",
        "no runtime, plugin or daemon knows of an attachment of the namespace",
      ],
      ["attachment-of-earlier-boot", "failed", "the machine has booted since the ADD"],
      ["add-unfinished", "failed", "an ADD has not come to its end"],
      ["cache-entry-missing", "warned", "no runtime has a cached result of the attachment"],
      ["reservation-missing", "failed", "an address is in use, but not reserved"],
      ["address-of-two", "failed", "two attachments have one address"],
      ["namespace-gone", "failed", "the path of the namespace is no namespace any more"],
      ["namespace-replaced", "failed", "the path leads to another namespace than that of the ADD"],
      ["namespace-of-host", "failed", "the path leads to the host's own namespace"],
    ],
  },
  {
    title: "Inside the container",
    findings: [
      ["interface-missing", "failed", "the container has no interface of the name"],
      ["interface-down", "failed", "the interface in the container is down"],
      ["mac-differs", "warned", "the interface has another MAC than was promised"],
      ["address-missing", "failed", "the interface lacks an address that was promised"],
      ["address-differs", "failed", "an address has another prefix length than was promised"],
      [
        "address-duplicate",
        "failed",
        "another host or container, or the host itself, has the address as well",
      ],
      [
        "address-tentative",
        "warned",
        "the kernel still looks for another host with the IPv6 address",
      ],
      ["no-address-of-family", "failed", "the container has no address of the target's family"],
      ["route-missing", "failed", "the container has no route to the target, or no default route"],
      [
        "container-filter-drops",
        "failed",
        "a rule inside the container, or the policy of a chain there, drops the packet or its answer",
      ],
      [
        "container-filter-may-drop",
        "warned",
        "a rule inside the container that depends on more than is known may drop the packet",
      ],
      [
        "neighbour-failed",
        "failed",
        "a gateway, or the container, did not answer the question for its MAC",
      ],
      ["neighbour-of-other-mac", "failed", "a neighbour is taken for another MAC than it has"],
    ],
  },
  {
    title: "The host's side",
    findings: [
      ["host-end-missing", "failed", "the other end of the veth pair is not on the host"],
      ["host-end-down", "failed", "the host's end, or the link that it stands on, is down"],
      ["bridge-missing", "failed", "the bridge of the network does not exist"],
      ["not-on-bridge", "failed", "the host's end is not a port of the network's bridge"],
      ["bridge-down", "failed", "the bridge is down"],
      ["port-not-forwarding", "failed", "the port of the bridge is disabled or blocks"],
      ["ports-isolated", "failed", "ports of the bridge are isolated from each other"],
      ["vlan-differs", "failed", "the port puts frames into another VLAN, or into none"],
      [
        "gateway-address-missing",
        "failed",
        "no link of the host has the address of the container's gateway",
      ],
      ["forwarding-off", "failed", "the host does not forward packets of the family"],
      ["route-on-host-missing", "failed", "the host has no route to the target"],
      [
        "route-to-container-elsewhere",
        "failed",
        "the host sends packets for the container elsewhere",
      ],
      ["reverse-path-filter", "failed", "rp_filter drops what the container sends"],
      [
        "packet-dropped",
        "failed",
        "a rule, or the policy of a chain, drops the packet or its answer",
      ],
      [
        "packet-may-be-dropped",
        "warned",
        "a rule that depends on more than is known may drop the packet",
      ],
      ["bridge-filter-drops", "failed", "br_netfilter leads frames to a chain that drops them"],
      ["legacy-rules-unread", "warned", "iptables-legacy has rules, which only its programs read"],
      [
        "masquerade-missing",
        "failed",
        "what leaves the node keeps its private address, against the configuration",
      ],
      ["port-mapping-missing", "failed", "no rule leads a published port to the container"],
      ["port-mapping-elsewhere", "failed", "a rule leads a published port to another address"],
      ["port-held-by-host", "warned", "a program of the host waits on a published port as well"],
      ["port-not-listening", "warned", "no program in the container waits on a published port"],
      ["route-localnet-off", "warned", "published ports are not reached at 127.0.0.1"],
      ["mtu-shrinks", "failed", "a link on the way takes smaller packets than the container sends"],
      ["name-server-unreachable", "failed", "there is no way to a name server"],
      [
        "resolv-conf-missing",
        "warned",
        "the processes in the container have no resolv.conf, and so no name server",
      ],
    ],
  },
  {
    title: "The node as a whole",
    findings: [
      [
        "reservation-leaked",
        "failed",
        "an address is reserved for an attachment that does not exist",
      ],
      [
        "bridge-address-differs",
        "failed",
        "a bridge has another address than a network's configuration wants: every ADD is refused",
      ],
      ["link-leaked", "warned", "a link that Hawser made belongs to no attachment"],
      ["pool-full", "failed", "a range has no free address"],
      ["pool-nearly-full", "warned", "a range has few free addresses"],
      [
        "fleet-configuration",
        "failed",
        "what a configuration says of a fleet's network cannot be gone by",
      ],
      [
        "fleet-not-serving",
        "failed",
        "this node may not reserve addresses of a fleet's network now",
      ],
      [
        "fleet-addresses-lost",
        "failed",
        "living containers have addresses that are another node's by now",
      ],
      [
        "fleet-full",
        "warned",
        "all addresses that the node holds of a fleet's network are reserved",
      ],
      [
        "fleet-store-silent",
        "warned",
        "the store of a fleet has not answered for minutes; ADD goes on for a while",
      ],
      ["fleet-without-daemon", "warned", "no daemon keeps the overlay of a fleet's network"],
      [
        "fleet-tunnel-dropped",
        "failed",
        "a rule of this node drops the packets between the nodes of a fleet",
      ],
      [
        "fleet-tunnel-may-be-dropped",
        "warned",
        "a rule of this node drops the first packet that another node of a fleet sends",
      ],
      ["fleet-trouble", "warned", "the daemon names a trouble of a fleet's network"],
      ["disk-full", "failed", "a file system has no room, or no inode, left"],
      ["disk-nearly-full", "warned", "a file system has little room, or few inodes, left"],
      [
        "directory-read-only",
        "failed",
        "a directory that plugins or runtimes write to is read-only",
      ],
      ["directory-not-writable", "failed", "the mode of a directory keeps root's programs out"],
      ["daemon-gone", "warned", "the socket of the node daemon is there, and no process answers"],
      [
        "daemon-of-other-version",
        "warned",
        "the daemon that runs is of another version than this executable",
      ],
      ["daemon-unhealthy", "warned", "the daemon answers that it is not ready"],
      ["unit-failed", "failed", "systemd has given a unit of Hawser up"],
      [
        "dhcp-daemon-gone",
        "warned",
        "the socket of the DHCP daemon is there, and no process answers",
      ],
      ["clock-stepped-back", "warned", "files are from the future: the clock was put back"],
      ["conntrack-full", "failed", "the table of tracked connections is full"],
      ["conntrack-nearly-full", "warned", "the table of tracked connections is nearly full"],
      ["neighbour-table-full", "failed", "the table of neighbours is full"],
      ["forward-policy-drop", "warned", "a chain drops what is forwarded unless a rule accepts it"],
      ["source-unreadable", "warned", "something could not be looked at; the rest was"],
    ],
  },
] as const;

/** The stable name of a finding. */
export type FindingName = (typeof SECTIONS)[number]["findings"][number][0];

/** Every finding by its name. */
export const CATALOGUE: Readonly<Record<FindingName, FindingKind>> = Object.fromEntries(
  SECTIONS.flatMap(({ findings }) =>
    findings.map(([name, severity, meaning]) => [name, { severity, meaning }]),
  ),
) as Record<FindingName, FindingKind>;
