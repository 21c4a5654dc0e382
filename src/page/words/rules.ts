import type { PortMappingForm, RuleForm } from "../../forms/index.ts";

type Placed = Pick<RuleForm, "place" | "text">;

/** `tcp . 8080 : 10.1.0.7 . 80` */
const PORT_ELEMENT =
  /^(?<protocol>\w+) \. (?<port>\d+) : (?<address>[\d.]+|[\da-f:]+) \. (?<inside>\d+)$/u;

/** What elements of our sets and maps do, by table and the beginning of the set's name. No chain begins so. */
const PURPOSES: readonly (readonly [table: string, set: string, does: string])[] = [
  ["hawser_masquerade", "from-", "leaves this machine with an address of the host"],
  ["hawser_ports", "hairpin-", "reaches its own ports by the host's address, too"],
  ["hawser_ports", "snat-", "sees connections to its ports as the host's"],
  ["hawser_ports", "services", "connections to this service address are left to what serves it"],
  ["hawser_ports", "host", "leads connections to a port of the host into the container"],
  ["hawser_firewall", "guarded", "no other guarded bridge reaches its containers"],
  [
    "hawser_firewall",
    "within",
    "what comes from this bridge and goes back to it is not held to come from another",
  ],
  ["hawser_firewall", "isolated", "what comes from this bridge and goes back to it is dropped"],
  ["hawser_firewall", "containers", "is let through the host's firewall"],
  ["hawser_firewall", "behind", "is counted as behind a bridge with a policy"],
  ["hawser_macspoof", "guarded", "frames with another source address than its own are dropped"],
  ["hawser_macspoof", "allowed", "frames with its own source address come in"],
];

/** What a rule or element does, in words; undefined where its own text is all that there is to say. */
export function ruleWords({ place, text }: Placed): string | undefined {
  const [, table = "", set = ""] = place.split(" ");
  const port = table === "hawser_ports" ? PORT_ELEMENT.exec(text)?.groups : undefined;
  if (port !== undefined) {
    const { protocol = "", port: hostPort = "", address = "", inside = "" } = port;
    const target = address.includes(":") ? `[${address}]:${inside}` : `${address}:${inside}`;
    return `leads ${protocol} port ${hostPort} of the host to ${target}`;
  }
  const own = PURPOSES.find(([name, start]) => name === table && set.startsWith(start));
  return own?.[2];
}

/** The same with where it stands, on one line. */
export function ruleLine(rule: Placed): string {
  return `${ruleWords(rule) ?? rule.text}, in ${rule.place}`;
}

/** A protocol of which elements show the number alone. */
const BY_NUMBER: Readonly<Record<string, string>> = { dccp: "33" };

/**
 * Whether a rule or element is about a port of the host: an element by its key, a rule by what it matches. A
 * number of where it leads is another's.
 */
export function isOfPort({ text }: Pick<RuleForm, "text">, { protocol, hostPort }: Port): boolean {
  const [key = ""] = text.split(" : ");
  const [name = "", number] = key.split(" . ").slice(-2);
  const isNamed = name === protocol || name === BY_NUMBER[protocol];
  if (isNamed && number === String(hostPort)) return true;
  const [match = ""] = text.split(/\bdnat\b| comment "/iu);
  const words = match.split(" ");
  const isMatched = words.some(
    (word, at) => word === "dport" && words[at + 1] === String(hostPort),
  );
  return isMatched && words.includes(protocol);
}

type Port = Pick<PortMappingForm, "protocol" | "hostPort">;

/** Whether it leads to a container, and not out of one. */
export function isInward({ text }: Pick<RuleForm, "text">): boolean {
  return / : |\bdnat\b/iu.test(text);
}
