import type {
  AttachmentNameForm,
  MapForm,
  MapNodeForm,
  PathForm,
  RuleForm,
} from "../../forms/index.ts";
import { narrowed, pathOf } from "../../topology/index.ts";
import {
  type Frame,
  type Leaves,
  type MapLayout,
  type NodePlace,
  networkFrame,
} from "../../topology/layout/index.ts";
import type { Selection } from "../state/selection.ts";
import { isInward, isOfPort } from "../words/rules.ts";

/** What of a map is to be shown. */
export interface MapChoice {
  /** A part of a name, an address, a port. */
  readonly text: string;
  readonly network: string;
  readonly state: string;
}

/** With more containers than these all networks are folded at first. */
const FOLDED_FROM = 2000;

/** The part of the map that the filters leave, with what it hangs on. */
export function chosenMap(map: MapForm, { text, network, state }: MapChoice): MapForm {
  const words = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  if (words.length === 0 && network === "" && state === "") return map;
  const texts = textsOf(map);
  return narrowed(map, (node) => {
    const { kind, attachments } = node;
    if (kind === "outside" || kind === "host") return false;
    if (network !== "" && !attachments.some((one) => one.network === network)) return false;
    if (state !== "" && (node.state !== state || kind === "port")) return false;
    // With words anything may be meant; without them the containers are.
    if (words.length === 0) return kind === "namespace" || (state !== "" && kind !== "port");
    const own = texts(node);
    return words.every((word) => own.includes(word));
  });
}

/** What a node is found by; a container also by its ports. */
function textsOf({ nodes, edges }: MapForm): (node: MapNodeForm) => string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ports = new Map<string, string>();
  for (const { from, to, kind } of edges) {
    const port = byId.get(from)?.port;
    if (kind !== "maps" || port === undefined) continue;
    ports.set(to, `${ports.get(to) ?? ""} ${port.protocol}/${port.hostPort}`);
  }
  return ({ id, label, lines, addresses, attachments, faults }) =>
    [
      ...[label, ...lines, ...faults, ports.get(id) ?? ""],
      ...addresses.map(({ address }) => address),
      ...attachments.flatMap(({ network, containerId, ifName }) => [network, containerId, ifName]),
    ]
      .join(" ")
      .toLowerCase();
}

/** The frames that are folded: at first none, or with very many containers all; and what was toggled. */
export function foldedFrames(map: MapForm, toggled: string): ReadonlySet<string> {
  const names = new Set(
    toggled
      .split(",")
      .filter((name) => name !== "")
      .map(decoded),
  );
  const isFull = map.nodes.filter(({ kind }) => kind === "namespace").length > FOLDED_FROM;
  const frames = map.groups.map(({ network }) => network);
  return new Set(frames.filter((name) => names.has(name) !== isFull).map(networkFrame));
}

/** The same with one more, or one fewer, toggled. */
export function toggledFold(toggled: string, network: string): string {
  const names = toggled.split(",").filter((name) => name !== "");
  const name = encodeURIComponent(network);
  return (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]).join(
    ",",
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What is chosen: a thing, the way of a packet, or both. */
export interface Chosen {
  readonly node?: MapNodeForm | undefined;
  readonly path?: PathForm | undefined;
}

export function chosenOf(map: MapForm, selection: Selection | undefined): Chosen {
  if (selection === undefined) return {};
  if (selection.kind === "port") return { path: pathOf(map, selection.port) };
  if (selection.kind === "address") return { path: pathOf(map, selection.address) };
  const node = map.nodes.find(({ id }) => id === selection.id);
  if (node === undefined) return {};
  return { node, path: node.kind === "port" ? pathOf(map, node.id) : undefined };
}

/**
 * The identities of what is drawn of the chosen things. Of a container in several networks a packet meets the
 * leaf that its way leads to.
 */
export function litIds(leaves: Leaves, { node, path }: Chosen): ReadonlySet<string> {
  const steps = path?.steps ?? [];
  const edges = new Set(steps.map(({ edge }) => edge));
  const ends = new Set(
    leaves.map.edges.flatMap(({ id, from, to }) => (edges.has(id) ? [from, to] : [])),
  );
  const met = steps.flatMap((step) => {
    const all = leaves.of(step.node);
    const some = all.filter((id) => ends.has(id));
    return some.length > 0 ? some : all;
  });
  return new Set([...met, ...(node === undefined ? [] : leaves.of(node.id))]);
}

/** Where the chosen things are drawn. */
export function litPlaces({ places }: MapLayout, ids: ReadonlySet<string>): NodePlace[] {
  return [...ids].flatMap((id) => places.get(id) ?? []);
}

/** Rules of the containers on a way, or that it would lead to, that are about its port or its address. */
export function rulesOnWay(map: MapForm, path: PathForm, rules: readonly RuleForm[]): RuleForm[] {
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  const nodes = path.steps.flatMap(({ node }) => byId.get(node) ?? []);
  const owners = new Set(
    nodes.flatMap(({ kind, attachments }) =>
      kind === "namespace" || kind === "port" ? attachments.map(ownerKey) : [],
    ),
  );
  const ports = nodes.flatMap(({ port }) => port ?? []);
  // What leads in is no part of the way out.
  const isAbout = (rule: RuleForm): boolean =>
    ports.length === 0
      ? rule.text.split(/[\s/]+/u).includes(path.asked) && !isInward(rule)
      : ports.some((port) => isOfPort(rule, port));
  return rules.filter((rule) => {
    return rule.owner !== undefined && owners.has(ownerKey(rule.owner)) && isAbout(rule);
  });
}

function ownerKey({ network, containerId, ifName }: Partial<AttachmentNameForm>): string {
  return JSON.stringify([network, containerId, ifName]);
}

/** What is not well: containers, and other things whose faults no container says. */
export function faultyNodes({ nodes }: MapForm): MapNodeForm[] {
  const faulty = nodes.filter(({ state, kind }) => state !== "ok" && kind !== "port");
  const containers = faulty.filter(({ kind }) => kind === "namespace");
  const said = new Set(containers.flatMap(({ faults }) => faults));
  const others = faulty.filter(({ kind, faults }) => {
    return kind !== "namespace" && !faults.every((fault) => said.has(fault));
  });
  return [...containers, ...others];
}

/** A key leads to the nearest thing in its direction. */
export function neighbour(layout: MapLayout, from: string, key: string): string | undefined {
  const step = STEPS[key];
  const spots = spotsOf(layout);
  const here = spots.get(from);
  if (step === undefined || here === undefined) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, spot] of spots) {
    const [dx, dy] = [spot.x - here.x, spot.y - here.y];
    const along = dx * step.x + dy * step.y;
    const aside = Math.abs(dx * step.y) + Math.abs(dy * step.x);
    if (id === from || along < 1) continue;
    // What stands straight ahead is nearer than what stands beside.
    const distance = along + 2.5 * aside;
    if (distance >= least) continue;
    least = distance;
    best = id;
  }
  return best;
}

const STEPS: Readonly<Record<string, { readonly x: number; readonly y: number } | undefined>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** The middle of everything that can have the focus; of a frame its title. */
function spotsOf({ places, frames }: MapLayout): Map<string, { x: number; y: number }> {
  const spots = new Map<string, { x: number; y: number }>();
  for (const { id, x, y, width, height, isFolded } of frames) {
    spots.set(id, { x: x + width / 2, y: y + (isFolded ? height / 2 : 17) });
  }
  for (const [id, { x, y, width, height, as }] of places) {
    if (as === "box" || as === "tile") spots.set(id, { x: x + width / 2, y: y + height / 2 });
  }
  return spots;
}

/** The words of a frame: how many are in which state. */
export function frameWords({ counts, size, hidden, isFolded }: Frame): string {
  const states = Object.entries(counts ?? {}).filter(([, count]) => count > 0);
  const said =
    counts === undefined
      ? String(size)
      : states.map(([state, count]) => `${count.toLocaleString("en")} ${state}`).join(", ") ||
        "empty";
  return [
    said,
    ...(hidden > 0 ? [`${hidden.toLocaleString("en")} not drawn`] : []),
    ...(isFolded ? ["folded"] : []),
  ].join(", ");
}
