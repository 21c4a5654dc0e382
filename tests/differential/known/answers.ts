import { all, bothFailedAdd, hasPlugin, isOp, type Known, words } from "./known.ts";

/** What differs in answers: results, codes, and what fails on one side alone. */

const RESULTS: readonly Known[] = [
  { number: "D94", line: /^\+ answer \S+\.interfaces\.\d+\.mtu = / },
  {
    ...{ number: "D30", line: /^[+-] answer \S+: code \d+/ },
    // An error that Go gives no code of its own.
    when: ({ theirs }) => /^\S+ 999 /m.test(words(theirs)),
  },
  { number: "D7", line: /^[+-] answer \S+\.cniVersion = /, when: isOp("VERSION") },
  { number: "D215", line: /^\+ answer static\.(ips\.\d+|ip[46])\.gateway = / },
  { number: "D306", line: /^([-] answer host-device\.dns = \{\}|\+ answer host-device\.dns\..*)$/ },
  {
    ...{ number: "D307", line: /^[+-] answer loopback\.(interfaces|ip[46]|ips|dns)\b/ },
    when: ({ played }) => /^0\./.test(played.list.cniVersion),
  },
];

/** Answers where the one side fails and the other does not. */
const ONE_SIDED: readonly (readonly [
  number: string,
  said: RegExp,
  op?: "ADD" | "CHECK" | "DEL",
])[] = [
  ["D31", /.*(ARGS: unknown args|could not parse prevResult|no plugin name provided)/, "DEL"],
  ["D31", /.*does not support more than 1 address per family/, "DEL"],
  ["D31", /.*if (rate is set, burst|burst is set, rate) must also be set/, "DEL"],
  ["D65", /cannot convert: no valid IP addresses/],
  ["D72", /.*Expected Route .*Table:77.* not found in routing table/, "CHECK"],
  ["D102", /error dialing DHCP daemon: /, "DEL"],
  ["D134", /.*no such file or directory/, "DEL"],
  ["D150", /failed to add route \{Ifindex: \d+ Dst: <nil> /, "ADD"],
  ["D150", /failed to add IP addr \(&net\.IPNet\{IP:net\.IP\(nil\)/, "ADD"],
  ["D163", /failed to find "eth0" in containerNS/, "DEL"],
  ["D264", /.*Scope: link, Table: 0.*unreachable/],
  ["D310", /.*CHAIN_DEL failed \(Device or resource busy\)/, "DEL"],
  ["D303", /failed to add route '\{0\.0\.0\.0 .*file exists/, "ADD"],
];

const FAILURES: readonly Known[] = ONE_SIDED.map(([number, said, op]) => ({
  ...{ number, line: new RegExp(`^- answer \\S+: failed: 999 ${said.source}`) },
  ...(op === undefined ? {} : { when: isOp(op) }),
  covers: "step",
}));

const OURS_ALONE: readonly Known[] = [
  {
    ...{
      number: "D308",
      line: /^\+ answer bridge: failed: 100 (source check|masquerad|nftables|iptables)/,
    },
    ...{ when: isOp("CHECK"), covers: "step" },
  },
  {
    ...{ number: "D201", line: /^\+ answer portmap: failed: 7 .*cannot be mapped/ },
    ...{ when: hasPlugin("portmap"), covers: "step" },
  },
  {
    ...{ number: "D152", line: /^\+ answer ptp: failed: 11 the host has a route for / },
    covers: "step",
  },
];

/** What a failed ADD of Go leaves, by the plugin that has failed. */
const LEFTOVERS: readonly Known[] = (
  [
    ["D66", "bridge"],
    ["D60", "tuning"],
    ["D121", "bandwidth"],
    ["D134", "sbr"],
    ["D138", "vrf"],
    ["D140", "macvlan|ipvlan|vlan|dummy"],
    ["D153", "ptp"],
    ["D157", "tap"],
    ["D162", "host-device"],
  ] as const
).map(([number, types]) => ({
  ...{
    number,
    line: /^(- (host|c\d|file|nft|iptables|ip6tables) |\+ \S+ sysctl |\+ host link (dev5|far5) )/,
  },
  when: all(bothFailedAdd, ({ theirs }) => new RegExp(`^(${types}) `).test(words(theirs))),
  covers: "rest",
}));

export const ANSWERS: readonly Known[] = [...FAILURES, ...OURS_ALONE, ...RESULTS, ...LEFTOVERS];
