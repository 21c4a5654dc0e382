import { all, hasIpam, hasKey, hasPlugin, isOp, type Known, not } from "./known.ts";

/** What differs in the kernel's state and on disk. */

const LINKS: readonly Known[] = [
  { number: "D182", line: /^[+-] host sysctl ipv6\/conf\/VETH\/(accept_ra|disable_ipv6):/ },
  { number: "D300", line: /^\+ host link VETH txqlen 1000$/ },
  { number: "D71", line: /^\+ (host|c\d) link \S+ address \S+:\S+ flag nodad$/ },
  {
    ...{ number: "D301", line: /^[+-] c\d sysctl \S+\/eth0\/(accept_dad|arp_notify):/ },
    when: not(hasIpam),
  },
  { number: "D171", line: /^[+-] c\d sysctl ipv[46]\/conf\/\S+\/(arp|ndisc)_notify:/ },
  { number: "D192", line: /^[+-] c\d sysctl ipv6\/conf\/\S+\/accept_ra:/ },
  {
    ...{ number: "D151", line: /^\+ c\d link eth0 address \S+ flag noprefixroute$/ },
    when: ({ played }) => played.subject === "ptp",
  },
  {
    ...{ number: "D153", line: /^[+-] c\d sysctl ipv6\/conf\/eth0\/accept_dad:/ },
    when: ({ played }) => played.subject === "ptp",
  },
  {
    ...{ number: "D304", line: /^[+-] c\d sysctl ipv6\/conf\/eth0\/accept_dad:/ },
    when: ({ played }) => played.subject === "tap",
  },
  { number: "D305", line: /^\+ c\d route .* metrics / },
  {
    ...{
      number: "D143",
      line: /^[+-] (answer macvlan\.interfaces\.0\.mac =|(c\d link eth0|host link uplink0) address) /,
    },
    when: ({ played }) => JSON.stringify(played.list).includes('"mode":"passthru"'),
  },
  {
    ...{ number: "D194", line: /^[+-] host link (VETH|br0) mtu / },
    when: ({ played }) => played.subject === "tuning",
  },
  {
    ...{ number: "D131", line: /^- c\d route .*dst=\S*:\S* .*table=\d+ / },
    when: hasPlugin("sbr"),
  },
  {
    ...{
      number: "D133",
      line: /^[+-] c\d route .*prefsrc=\S+ protocol=(boot|kernel) scope=(link|global) table=main/,
    },
    when: hasKey("addSourceHints"),
  },
];

const RULES: readonly Known[] = [
  {
    ...{ number: "D69", line: /^- ip6?tables nat (-A|:CNI-)/ },
    when: all(hasKey("ipMasq"), not(hasKey("ipMasqBackend"))),
  },
  {
    ...{ number: "D112", line: /^- ip6?tables filter -A CNI-FORWARD / },
    when: ({ step }) => step.op === "DEL" && !step.prevResult,
  },
];

const FILES: readonly Known[] = [
  {
    ...{ number: "D302", line: /^- file \/var\/lib\/cni\/\S+\/lock 750 ""$/ },
    when: not(isOp("ADD")),
  },
  {
    ...{ number: "D302", line: /^- file \/var\/lib\/cni\/\S+\/last_reserved_ip\.\d / },
    when: isOp("ADD"),
  },
];

/** A link that Go does not find. */
const WITHOUT_NAMESPACE: readonly Known[] = (
  [
    ["D67", "bridge"],
    ["D153", "ptp"],
    ["D163", "host-device"],
  ] as const
).map(([number, type]) => ({
  ...{
    number,
    line: /^(- (host|c\d|file|nft|iptables|ip6tables) |\+ host (link|sysctl \S+\/)(.* )?(dev5|far5)\b)/,
  },
  when: ({ step, played }) => {
    const isOf = played.list.plugins.some((plugin) => plugin["type"] === type);
    return isOf && step.op === "DEL" && step.netns === "empty";
  },
  covers: "rest",
}));

/** GC of Go's plugins, but for host-local's, leaves everything. */
const COLLECTED: Known = {
  ...{ number: "D260", line: /^- (host|c\d|file|nft|iptables|ip6tables) / },
  ...{ when: isOp("GC"), covers: "rest" },
};

const RESTORED: Known = {
  ...{
    number: "D60",
    line: /^[+-] c\d sysctl (core\/somaxconn|\S+\/(arp_filter|arp_ignore|rp_filter)):/,
  },
  when: ({ step, played }) => step.op === "DEL" && played.subject === "tuning",
};

export const STATE: readonly Known[] = [
  COLLECTED,
  RESTORED,
  ...LINKS,
  ...RULES,
  ...FILES,
  ...WITHOUT_NAMESPACE,
];
