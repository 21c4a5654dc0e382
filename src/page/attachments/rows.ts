import { Ip } from "../../addr/index.ts";
import { bareAddress } from "../../base/index.ts";
import type { AttachmentForm, AttachmentStateForm } from "../../forms/index.ts";
import { nameOf } from "../words/names.ts";

/** What of the attachments is listed, and in which order; as the address of the page says it. */
export interface RowChoice {
  readonly text: string;
  readonly network: string;
  readonly state: string;
  /** The name of a column, behind `-` where it is turned around. */
  readonly sort: string;
}

const HEX = 16;
const HEX_MAX = 32;

export const SORTABLE = ["state", "name", "network", "ifname", "address", "since"] as const;
export type Sortable = (typeof SORTABLE)[number];

/** The worst first: that is what is looked for. */
const WEIGHTS: readonly AttachmentStateForm[] = [
  "leak",
  "orphan",
  "drift",
  "unfinished",
  "unclear",
  "ok",
];

export function chosenRows(
  attachments: readonly AttachmentForm[],
  choice: RowChoice,
): AttachmentForm[] {
  const words = choice.text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const rows = attachments.filter((each) => {
    if (choice.network !== "" && each.network !== choice.network) return false;
    if (choice.state !== "" && each.state !== choice.state) return false;
    return words.length === 0 || hasWords(each, words);
  });
  return sorted(rows, choice.sort);
}

function hasWords(attachment: AttachmentForm, words: readonly string[]): boolean {
  const text = searchText(attachment);
  return words.every((word) => text.includes(word));
}

/** What a search looks through: names, addresses, ports, links, what was found. */
function searchText(attachment: AttachmentForm): string {
  const { network, containerId, ifName, pod, addresses, ports, hostLink, mac, state } = attachment;
  return [
    ...[network, containerId, ifName, pod?.namespace, pod?.name, mac, state],
    ...[hostLink?.name, hostLink?.master, ...addresses],
    ...ports.map(
      ({ hostPort, containerPort, protocol }) => `${protocol}/${hostPort}:${containerPort}`,
    ),
    ...attachment.findings.map(({ message }) => message),
  ]
    .join("\n")
    .toLowerCase();
}

function sorted(rows: readonly AttachmentForm[], sort: string): AttachmentForm[] {
  const column = SORTABLE.find((each) => sort.replace(/^-/u, "") === each);
  // What is not well is looked for first; everything else stays in the order of `hawser ls`.
  if (column === undefined) {
    return rows.toSorted((one, other) => WEIGHTS.indexOf(one.state) - WEIGHTS.indexOf(other.state));
  }
  const sign = sort.startsWith("-") ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: keyOf(row, column) }));
  keyed.sort((one, other) => sign * compare(one.key, other.key));
  return keyed.map(({ row }) => row);
}

function keyOf(row: AttachmentForm, column: Sortable): string | number {
  switch (column) {
    case "state":
      return WEIGHTS.indexOf(row.state);
    case "name":
      return nameOf(row);
    case "network":
      return row.network;
    case "ifname":
      return row.ifName;
    case "address":
      return addressKey(row.addresses[0] ?? "");
    case "since":
      return row.since ?? "";
  }
}

/** As numbers, so that 10.1.0.9 comes before 10.1.0.10, and fd00::2 before fd00:1::1; IPv6 behind IPv4. */
function addressKey(address: string): string {
  const ip = Ip.tryParse(bareAddress(address));
  if (ip === undefined) return address;
  return `${ip.family} ${ip.toBigInt().toString(HEX).padStart(HEX_MAX, "0")}`;
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return one < other ? -1 : one === other ? 0 : 1;
}
