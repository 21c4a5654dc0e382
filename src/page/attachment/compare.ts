import type { AttachmentDetailForm, PortMappingForm, RouteForm } from "../../forms/index.ts";
import { isInward, isOfPort, ruleLine } from "../words/rules.ts";
import { joined } from "../words/text.ts";
import { type Asked, askedOf } from "./asked.ts";
import { type Promised, promisedOf } from "./promised.ts";

/** One thing as it was asked, promised, and stands, and what differs. */
export interface ComparedRow {
  readonly title: string;
  readonly asked: readonly string[];
  readonly promised: readonly string[];
  /** Undefined where it is not known, as of a namespace that cannot be entered. */
  readonly stands: readonly string[] | undefined;
  /** In words; empty when nothing differs. */
  readonly differences: readonly string[];
}

/** Addresses that the kernel gives each link by itself. */
const LINK_LOCAL = /^fe80:/iu;
/** Routes that come with an address, by the kernel. */
const OF_THE_KERNEL = /^(?:fe80:|ff00:)/iu;

/** What was asked, what was promised, and what stands, thing by thing. */
export function compared(detail: AttachmentDetailForm): ComparedRow[] {
  const asked = askedOf(detail.asked);
  const promised = promisedOf(detail.promised, detail.ifName);
  return [
    interfaceRow(detail, asked),
    addressRow(detail, asked, promised),
    routeRow(detail, asked, promised),
    valueRow(
      "MAC address",
      asked.mac,
      promised?.mac ?? detail.mac,
      insideLink(detail)?.mac,
      hasInside(detail),
    ),
    valueRow(
      "MTU",
      asked.mtu,
      promised?.mtu,
      insideLink(detail)?.mtu?.toString(),
      hasInside(detail),
    ),
    hostRow(detail, asked, promised),
    portRow(detail),
    reservationRow(detail, promised),
    dnsRow(asked, promised),
  ].filter(
    ({ asked: one, promised: two, stands }) => one.length + two.length + (stands?.length ?? 0) > 0,
  );
}

function hasInside({ inside }: AttachmentDetailForm): boolean {
  return inside !== undefined;
}

function insideLink({
  inside,
}: AttachmentDetailForm): NonNullable<AttachmentDetailForm["inside"]>["link"] {
  return inside?.link;
}

function interfaceRow(detail: AttachmentDetailForm, asked: Asked): ComparedRow {
  const { inside, ifName } = detail;
  const promised = detail.promised === undefined ? [] : [ifName];
  const link = inside?.link;
  const title = "Interface";
  const wanted = [ifName, ...asked.plugins.slice(0, 1).map((plugin) => `by ${plugin}`)];
  const row = { title, asked: wanted, promised, differences: [] };
  if (inside === undefined) return { ...row, stands: undefined };
  if (link === undefined) return { ...row, stands: [], differences: [`${ifName} is not there`] };
  const state = link.up === false ? "down" : "up";
  const differences = link.up === false ? [`${link.name} is down`] : [];
  return { ...row, stands: [`${link.name}, ${state}`], differences };
}

function addressRow(
  { inside, addresses }: AttachmentDetailForm,
  asked: Asked,
  promised: Promised | undefined,
): ComparedRow {
  const wanted = promised?.addresses ?? addresses;
  const there = inside?.addresses.filter((address) => !LINK_LOCAL.test(address));
  return {
    title: "Addresses",
    asked: asked.addresses,
    promised: wanted,
    stands: there,
    differences: setDifferences(wanted, there),
  };
}

function routeRow(
  { inside, routes }: AttachmentDetailForm,
  asked: Asked,
  promised: Promised | undefined,
): ComparedRow {
  const wanted = (promised?.routes ?? routes).map(routeText);
  const there = inside?.routes.filter(({ dst }) => !OF_THE_KERNEL.test(dst));
  const stands = there?.map(routeText);
  // A route of which the result names no gateway may have any: the plugin chooses it.
  const missing = (promised?.routes ?? routes).filter(
    (route) => there !== undefined && !there.some((other) => isRoute(route, other)),
  );
  return {
    title: "Routes",
    asked: asked.routes,
    promised: wanted,
    stands,
    differences: missing.map((route) => `${routeText(route)} is missing`),
  };
}

function isRoute(wanted: RouteForm, there: RouteForm): boolean {
  const isSameWay = wanted.gw === undefined || wanted.gw === there.gw;
  return normalDst(wanted.dst) === normalDst(there.dst) && isSameWay;
}

/** The kernel's own word for the route to everywhere is the shorter one. */
function normalDst(dst: string): string {
  return dst === "0.0.0.0/0" || dst === "::/0" ? "default" : dst;
}

function routeText({ dst, gw, table }: RouteForm): string {
  const via = gw === undefined ? "" : ` via ${gw}`;
  return `${dst}${via}${table === undefined ? "" : ` in table ${table}`}`;
}

function valueRow(
  title: string,
  asked: string | undefined,
  promised: string | undefined,
  stands: string | undefined,
  isKnown: boolean,
): ComparedRow {
  const wanted = promised ?? asked;
  const differs =
    wanted !== undefined && stands !== undefined && wanted.toLowerCase() !== stands.toLowerCase();
  return {
    title,
    asked: listOf(asked),
    promised: listOf(promised),
    stands: isKnown ? listOf(stands) : undefined,
    differences: differs ? [`${stands} instead of ${wanted}`] : [],
  };
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

function hostRow(
  { hostLink }: AttachmentDetailForm,
  asked: Asked,
  promised: Promised | undefined,
): ComparedRow {
  const wanted = promised?.hostLinks ?? [];
  const stands = hostLink === undefined ? undefined : [hostLinkText(hostLink)];
  const differences: string[] = [];
  if (hostLink?.index === undefined && hostLink !== undefined) {
    differences.push(`${hostLink.name} is not there`);
  } else if (hostLink !== undefined) {
    if (hostLink.up === false) differences.push(`${hostLink.name} is down`);
    if (asked.bridge !== undefined && hostLink.master !== asked.bridge) {
      const now = hostLink.master === undefined ? "of no bridge" : `of ${hostLink.master}`;
      differences.push(`${hostLink.name} is a port ${now} instead of ${asked.bridge}`);
    }
  }
  return {
    title: "Host's end",
    asked: listOf(asked.bridge),
    promised: wanted,
    stands,
    differences,
  };
}

function hostLinkText(link: NonNullable<AttachmentDetailForm["hostLink"]>): string {
  const master = link.master === undefined ? "" : `, a port of ${link.master}`;
  if (link.index === undefined) return "";
  return `${link.name}, ${link.up === false ? "down" : "up"}${master}`;
}

/** Whether rules of the packet filter could be read, as they cannot be without root. */
export function areRulesKnown({ problems }: Pick<AttachmentDetailForm, "problems">): boolean {
  return !problems.some((problem) => problem.startsWith("the kernel's packet filter"));
}

function portRow(detail: AttachmentDetailForm): ComparedRow {
  const { ports, rules } = detail;
  const asked = ports.map(portText);
  if (!areRulesKnown(detail)) {
    return { title: "Ports", asked, promised: [], stands: undefined, differences: [] };
  }
  const found = rules.filter((rule) => ports.some((port) => isOfPort(rule, port)));
  const stands = found.map(ruleLine);
  // A rule that only marks, and an element that leaves a port to the host, lead to no container.
  const leading = found.filter(isInward);
  const missing = ports.filter((port) => !leading.some((rule) => isOfPort(rule, port)));
  return {
    title: "Ports",
    asked,
    promised: [],
    stands,
    differences: missing.map((port) => `no rule has ${portText(port)}`),
  };
}

function portText({ hostPort, containerPort, protocol, hostIP }: PortMappingForm): string {
  return `${hostIP === undefined ? "" : `${hostIP}:`}${hostPort}→${containerPort}/${protocol}`;
}

function reservationRow(
  { reservations }: AttachmentDetailForm,
  promised: Promised | undefined,
): ComparedRow {
  const stands = reservations.map(({ address }) => address);
  const wanted = (promised?.addresses ?? []).map((address) => address.split("/")[0] ?? address);
  const missing = stands.length === 0 ? [] : wanted.filter((address) => !stands.includes(address));
  const beside = stands.filter((address) => wanted.length > 0 && !wanted.includes(address));
  return {
    title: "Reservation",
    asked: [],
    promised: [],
    stands,
    differences: [
      ...missing.map((address) => `${address} is not reserved`),
      ...beside.map((address) => `${address} is reserved beside`),
    ],
  };
}

function dnsRow(asked: Asked, promised: Promised | undefined): ComparedRow {
  const stands = undefined;
  return { title: "DNS", asked: asked.dns, promised: promised?.dns ?? [], stands, differences: [] };
}

/** What is promised and missing, and what stands beside it. */
function setDifferences(
  promised: readonly string[],
  stands: readonly string[] | undefined,
): string[] {
  if (stands === undefined) return [];
  const missing = promised.filter((each) => !stands.includes(each));
  const beside = promised.length === 0 ? [] : stands.filter((each) => !promised.includes(each));
  return [
    ...(missing.length === 0
      ? []
      : [`${joined(missing)} ${missing.length === 1 ? "is" : "are"} missing`]),
    ...beside.map((each) => `${each} is there beside`),
  ];
}
