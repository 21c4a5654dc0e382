/** `hawser map`: what hangs on what on this node, and where packets go. */
import { createColors } from "picocolors";
import { factsOf, Remembered } from "../../api/resources/index.ts";
import type { MapForm, MapNodeForm, PathForm } from "../../forms/index.ts";
import { attachmentKey } from "../../spec/index.ts";
import { dotOf } from "../../topology/dot/index.ts";
import { mapOf, narrowed, parseAsked, pathOf } from "../../topology/index.ts";
import { layoutOf, leavesOf } from "../../topology/layout/index.ts";
import { svgOf } from "../../topology/svg/index.ts";
import { ASCII, LINES, oneLine } from "../../topology/text/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { chosen, type FilterOptions } from "../chosen.ts";
import type { CliIo, Output } from "../io.ts";
import { json } from "../json.ts";
import { mapText } from "../map-text.ts";
import { readNode } from "../node.ts";
import { type CommonOptions, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { surroundingsOf } from "../surroundings.ts";

/** What `map` has beside the common options. */
export interface MapOptions extends CommonOptions, FilterOptions {
  readonly path?: string;
  readonly dot?: boolean;
  readonly svg?: boolean;
}

/** `hawser map [NETWORK]` */
export async function runMap(
  io: CliIo,
  network: string | undefined,
  options: MapOptions,
): Promise<number> {
  const session = new Session(io, options, "MAP");
  return await session.run(async () => {
    refuseContradictions(options);
    const view = readNode(session);
    const networks = [...(network === undefined ? [] : [network]), ...(options.network ?? [])];
    const wanted = wantedOf(view, { ...options, network: networks });
    const look = { view, revision: "" };
    const node = { ...surroundingsOf(session, "ui"), look, remembered: new Remembered() };
    const whole = mapOf(await factsOf(node));
    if (options.path !== undefined) {
      if (parseAsked(whole, options.path) === undefined) {
        throw new UsageError(
          `--path takes a port of the host, such as 8080 or 53/udp, or an IP address: ${options.path} is neither`,
        );
      }
      const path = pathOf(whole, options.path);
      session.answer(() => ({ path: json(path) }));
      if (!session.json) io.stdout.write(pathText(path, whole, io.stdout));
      return;
    }
    const map = wanted === undefined ? whole : narrowed(whole, wanted);
    session.answer(() => ({ map: json(map) }));
    if (!session.json) io.stdout.write(drawn(map, io, options));
  });
}

function refuseContradictions({ path, dot, svg, json: isJson }: MapOptions): void {
  const forms = [dot && "--dot", svg && "--svg", isJson && "--json"].filter(Boolean);
  const contrary = path !== undefined && !isJson ? ["--path", ...forms] : forms;
  if (contrary.length > 1) throw new UsageError(`${contrary.join(" and ")} contradict each other`);
}

/** Undefined where nothing is filtered. */
function wantedOf(
  view: NodeView,
  options: FilterOptions,
): ((node: MapNodeForm) => boolean) | undefined {
  const { network = [], pod = [], container = [], address = [], state = [] } = options;
  if ([network, pod, container, address, state].every((filter) => filter.length === 0)) {
    return undefined;
  }
  const keys = new Set(chosen(view, options).map(attachmentKey));
  return ({ kind, attachments }) =>
    kind === "namespace" && attachments.some((each) => keys.has(attachmentKey(each)));
}

function drawn(map: MapForm, io: CliIo, { dot, svg }: MapOptions): string {
  if (dot === true) return dotOf(map);
  if (svg === true) {
    const host = map.nodes.find(({ kind }) => kind === "host");
    const leaves = leavesOf(map).map;
    return svgOf(leaves, layoutOf(leaves), `The network of ${host?.label ?? "this host"}`);
  }
  return mapText(map, isUnicode(io) ? LINES : ASCII, io.stdout);
}

/** By the locale, as other programs see it. */
function isUnicode({ env }: CliIo): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/iu.test(locale);
}

/** The steps in their order; why it ends, and what else there is. */
function pathText({ steps, broken, also }: PathForm, map: MapForm, { color }: Output): string {
  const { bold, red, dim } = createColors(color);
  const names = new Map(
    map.nodes.map(({ id, kind, label }) => [id, `${KINDS[kind]} ${label}`.trim()]),
  );
  const width = String(steps.length).length;
  const lines = steps.map(({ node, text }, at) => {
    const name = oneLine(names.get(node) ?? node);
    return `${String(at + 1).padStart(width)}  ${bold(name)}: ${oneLine(text)}`;
  });
  if (broken !== undefined) lines.push(red(`${" ".repeat(width)}  broken: ${oneLine(broken)}`));
  lines.push(...also.map((text) => dim(`${" ".repeat(width)}  also: ${oneLine(text)}`)));
  return `${lines.join("\n")}\n`;
}

const KINDS: Readonly<Record<MapNodeForm["kind"], string>> = {
  outside: "",
  host: "host",
  port: "port",
  uplink: "uplink",
  bridge: "bridge",
  link: "link",
  namespace: "container",
  "fleet-node": "node",
};
