// Writes netlink messages as text, one field a line: bytes in hexadecimal, then what they are.
// It is independent of src/kernel on purpose: the fixtures it writes are what that is tested by.

type Names = Readonly<Record<number, string>>;
type Field = readonly [name: string, size: number];

interface Family {
  readonly header: readonly Field[];
  readonly attributes: Table;
}

interface Table {
  readonly names: Names;
  readonly nested?: Readonly<Record<string, Table | "link" | "multipath">>;
}

const VETH: Table = { names: { 1: "VETH_INFO_PEER" }, nested: { VETH_INFO_PEER: "link" } };
const BRIDGE: Table = {
  names: { 5: "IFLA_BR_STP_STATE", 7: "IFLA_BR_VLAN_FILTERING", 39: "IFLA_BR_VLAN_DEFAULT_PVID" },
};
const PORT: Table = {
  names: { 1: "IFLA_BRPORT_STATE", 4: "IFLA_BRPORT_MODE", 33: "IFLA_BRPORT_ISOLATED" },
};
const INFO: Table = {
  names: {
    1: "IFLA_INFO_KIND",
    2: "IFLA_INFO_DATA",
    4: "IFLA_INFO_SLAVE_KIND",
    5: "IFLA_INFO_SLAVE_DATA",
  },
  nested: { IFLA_INFO_SLAVE_DATA: PORT },
};
const LINK: Table = {
  names: {
    1: "IFLA_ADDRESS",
    2: "IFLA_BROADCAST",
    3: "IFLA_IFNAME",
    4: "IFLA_MTU",
    5: "IFLA_LINK",
    10: "IFLA_MASTER",
    12: "IFLA_PROTINFO",
    13: "IFLA_TXQLEN",
    16: "IFLA_OPERSTATE",
    18: "IFLA_LINKINFO",
    20: "IFLA_IFALIAS",
    27: "IFLA_GROUP",
    28: "IFLA_NET_NS_FD",
    29: "IFLA_EXT_MASK",
    30: "IFLA_PROMISCUITY",
    37: "IFLA_LINK_NETNSID",
    52: "IFLA_PROP_LIST",
    61: "IFLA_ALLMULTI",
  },
  nested: { IFLA_LINKINFO: INFO, IFLA_PROTINFO: PORT },
};
const LINK_HEADER: readonly Field[] = [
  ["ifi_family", 1],
  ["__ifi_pad", 1],
  ["ifi_type", 2],
  ["ifi_index", 4],
  ["ifi_flags", 4],
  ["ifi_change", 4],
];
const HOP_HEADER: readonly Field[] = [
  ["rtnh_len", 2],
  ["rtnh_flags", 1],
  ["rtnh_hops", 1],
  ["rtnh_ifindex", 4],
];
const ROUTE: Table = {
  names: {
    1: "RTA_DST",
    4: "RTA_OIF",
    5: "RTA_GATEWAY",
    6: "RTA_PRIORITY",
    7: "RTA_PREFSRC",
    8: "RTA_METRICS",
    9: "RTA_MULTIPATH",
    12: "RTA_CACHEINFO",
    15: "RTA_TABLE",
    18: "RTA_VIA",
    20: "RTA_PREF",
  },
  nested: {
    RTA_METRICS: { names: { 2: "RTAX_MTU", 8: "RTAX_ADVMSS" } },
    RTA_MULTIPATH: "multipath",
  },
};
const ADDRESS: Table = {
  names: {
    1: "IFA_ADDRESS",
    2: "IFA_LOCAL",
    3: "IFA_LABEL",
    4: "IFA_BROADCAST",
    6: "IFA_CACHEINFO",
    8: "IFA_FLAGS",
    11: "IFA_PROTO",
  },
};
const RULE: Table = {
  names: {
    1: "FRA_DST",
    2: "FRA_SRC",
    3: "FRA_IIFNAME",
    6: "FRA_PRIORITY",
    10: "FRA_FWMARK",
    14: "FRA_SUPPRESS_PREFIXLEN",
    15: "FRA_TABLE",
    16: "FRA_FWMASK",
    21: "FRA_PROTOCOL",
  },
};
const NEIGHBOUR: Table = {
  names: { 1: "NDA_DST", 2: "NDA_LLADDR", 3: "NDA_CACHEINFO", 4: "NDA_PROBES" },
};

const MIRRED: Table = { names: { 1: "TCA_MIRRED_TM", 2: "TCA_MIRRED_PARMS", 3: "TCA_MIRRED_PAD" } };
const ACTION: Table = {
  names: { 1: "TCA_ACT_KIND", 2: "TCA_ACT_OPTIONS", 3: "TCA_ACT_INDEX", 4: "TCA_ACT_STATS" },
  nested: { TCA_ACT_OPTIONS: MIRRED },
};
const ACTIONS: Table = { names: { 1: "action 1" }, nested: { "action 1": ACTION } };
const U32: Table = {
  names: {
    1: "TCA_U32_CLASSID",
    2: "TCA_U32_HASH",
    5: "TCA_U32_SEL",
    7: "TCA_U32_ACT",
    11: "TCA_U32_FLAGS",
  },
  nested: { TCA_U32_ACT: ACTIONS },
};
const TBF: Table = {
  names: { 1: "TCA_TBF_PARMS", 2: "TCA_TBF_RTAB", 4: "TCA_TBF_RATE64", 6: "TCA_TBF_BURST" },
};
const TRAFFIC: Table = {
  names: {
    1: "TCA_KIND",
    2: "TCA_OPTIONS",
    3: "TCA_STATS",
    7: "TCA_STATS2",
    11: "TCA_CHAIN",
    12: "TCA_HW_OFFLOAD",
  },
  nested: { TCA_STATS2: { names: { 1: "TCA_STATS_BASIC", 3: "TCA_STATS_QUEUE" } } },
};
const TRAFFIC_HEADER: readonly Field[] = [
  ["tcm_family", 1],
  ["tcm__pad1", 1],
  ["tcm__pad2", 2],
  ["tcm_ifindex", 4],
  ["tcm_handle", 4],
  ["tcm_parent", 4],
  ["tcm_info", 4],
];

const bytesNamed = (prefix: string, names: string): Field[] =>
  names.split(" ").map((name) => [`${prefix}${name}`, 1]);

const FAMILIES: Readonly<Record<number, Family>> = {
  16: { header: LINK_HEADER, attributes: LINK },
  20: {
    header: [...bytesNamed("ifa_", "family prefixlen flags scope"), ["ifa_index", 4]],
    attributes: ADDRESS,
  },
  24: {
    header: [
      ...bytesNamed("rtm_", "family dst_len src_len tos table protocol scope type"),
      ["rtm_flags", 4],
    ],
    attributes: ROUTE,
  },
  28: {
    header: [
      ["ndm_family", 1],
      ["ndm_pad", 3],
      ["ndm_ifindex", 4],
      ["ndm_state", 2],
      ["ndm_flags", 1],
      ["ndm_type", 1],
    ],
    attributes: NEIGHBOUR,
  },
  32: {
    header: [...bytesNamed("", "family dst_len src_len tos table res1 res2 action"), ["flags", 4]],
    attributes: RULE,
  },
  36: { header: TRAFFIC_HEADER, attributes: TRAFFIC },
  44: { header: TRAFFIC_HEADER, attributes: TRAFFIC },
};
const NETLINK_HEADER: readonly Field[] = [
  ["nlmsg_len", 4],
  ["nlmsg_type", 2],
  ["nlmsg_flags", 2],
  ["nlmsg_seq", 4],
  ["nlmsg_pid", 4],
];

/** The text of one message of rtnetlink. */
export function dissect(message: Uint8Array): string {
  const lines: string[] = [];
  const type = number(message.subarray(4, 6)) & ~3;
  const family = FAMILIES[type];
  if (family === undefined) throw new Error(`no family for message type ${type}`);
  fields(lines, message.subarray(0, 16), NETLINK_HEADER, "");
  const body = message.subarray(16);
  const size = fields(lines, body, family.header, "");
  attributes(lines, body.subarray(size), family.attributes, "");
  return `${lines.join("\n")}\n`;
}

function attributes(lines: string[], bytes: Uint8Array, table: Table, indent: string): void {
  let kind = "";
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = number(bytes.subarray(at, at + 2));
    const type = number(bytes.subarray(at + 2, at + 4)) & 0x3fff;
    const name = table.names[type] ?? `attribute ${type}`;
    line(lines, bytes.subarray(at, at + 2), `${indent}nla_len ${length}`);
    line(lines, bytes.subarray(at + 2, at + 4), `${indent}nla_type ${name}`);
    const value = bytes.subarray(at + 4, at + length);
    if (name === "IFLA_INFO_KIND" || name === "TCA_KIND") kind = text(value) ?? "";
    body(lines, value, nestOf(table, name, kind), `${indent}  `);
    const end = Math.min((at + length + 3) & ~3, bytes.length);
    if (end > at + length) line(lines, bytes.subarray(at + length, end), `${indent}padding`);
    at = end;
  }
}

function nestOf(
  table: Table,
  name: string,
  kind: string,
): Table | "link" | "multipath" | undefined {
  if (name !== "IFLA_INFO_DATA" && name !== "TCA_OPTIONS") return table.nested?.[name];
  return { veth: VETH, bridge: BRIDGE, tbf: TBF, u32: U32 }[kind];
}

function body(
  lines: string[],
  value: Uint8Array,
  nest: Table | "link" | "multipath" | undefined,
  indent: string,
): void {
  if (nest === "link") {
    const size = fields(lines, value, LINK_HEADER, indent);
    attributes(lines, value.subarray(size), LINK, indent);
  } else if (nest === "multipath") {
    for (let at = 0; at < value.length; ) {
      const length = number(value.subarray(at, at + 2));
      fields(lines, value.subarray(at), HOP_HEADER, indent);
      attributes(lines, value.subarray(at + 8, at + length), ROUTE, `${indent}  `);
      at += length;
    }
  } else if (nest !== undefined) {
    attributes(lines, value, nest, indent);
  } else if (value.length > 0) {
    line(lines, value, `${indent}${shown(value)}`);
  }
}

function fields(
  lines: string[],
  bytes: Uint8Array,
  list: readonly Field[],
  indent: string,
): number {
  let at = 0;
  for (const [name, size] of list) {
    const value = bytes.subarray(at, at + size);
    line(lines, value, `${indent}${name} ${number(value)}`);
    at += size;
  }
  return at;
}

function line(lines: string[], bytes: Uint8Array, comment: string): void {
  lines.push(`${hex(bytes).padEnd(24)} # ${comment}`);
}

function shown(value: Uint8Array): string {
  const words = text(value);
  if (words !== undefined) return JSON.stringify(words);
  return value.length <= 4 ? String(number(value)) : `${value.length} bytes`;
}

function text(value: Uint8Array): string | undefined {
  const found = /^([\x20-\x7e]{2,})\0?$/.exec(new TextDecoder("latin1").decode(value));
  return found?.[1];
}

function number(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
