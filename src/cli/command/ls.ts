/** `hawser ls`: what is attached on this node. */
import { createColors } from "picocolors";
import { attachmentForm } from "../../api/form/index.ts";
import type { NodeAttachment } from "../../view/attachments/index.ts";
import { podName } from "../../view/index.ts";
import { ATTACHMENT_KEYS, portText, shortId } from "../attachments.ts";
import { chosen, type FilterOptions } from "../chosen.ts";
import { age } from "../durations.ts";
import type { CliIo } from "../io.ts";
import { json } from "../json.ts";
import { problemText, readNode } from "../node.ts";
import { type CommonOptions, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { type Column, table } from "../table.ts";
import { Template } from "../template.ts";

/** What `ls` has beside the common options. */
export interface LsOptions extends CommonOptions, FilterOptions {
  readonly quiet?: boolean;
  /** `wide`, or a template. */
  readonly format?: string;
}

/** `hawser ls [NETWORK]` */
export async function runLs(
  io: CliIo,
  network: string | undefined,
  options: LsOptions,
): Promise<number> {
  const session = new Session(io, options, "LS");
  return await session.run(async () => {
    const { format, quiet = false } = options;
    const template =
      format === undefined || format === "wide" ? undefined : new Template(format, ATTACHMENT_KEYS);
    if (quiet && format !== undefined) {
      throw new UsageError("-q and --format contradict each other");
    }
    const view = readNode(session);
    const networks = [...(network === undefined ? [] : [network]), ...(options.network ?? [])];
    const rows = chosen(view, { ...options, network: networks });
    session.answer(() => ({
      attachments: rows.map((row) => json(attachmentForm(row))),
      problems: view.problems.map(problemText),
    }));
    if (session.json) return;
    if (quiet) io.stdout.write(idsOf(rows));
    else if (template !== undefined) {
      io.stdout.write(rows.map((row) => template.fill(json(attachmentForm(row)))).join(""));
    } else if (rows.length > 0) {
      io.stdout.write(table(columns(io, format === "wide"), rows, io.stdout));
    } else {
      io.stderr.write(`${nothing(view.attachments.length)}\n`);
    }
  });
}

/** A filter that leaves nothing is no empty node. */
function nothing(attached: number): string {
  if (attached === 0) return "nothing is attached";
  return attached === 1 ? "the one attachment is not so" : `none of ${attached} attachments is so`;
}

function idsOf(rows: readonly NodeAttachment[]): string {
  return [...new Set(rows.map(({ containerId }) => containerId))].map((id) => `${id}\n`).join("");
}

function columns({ stdout }: CliIo, isWide: boolean): Column<NodeAttachment>[] {
  const { green, red, yellow } = createColors(stdout.color);
  const paint = (text: string, { state }: NodeAttachment): string => {
    if (state === "ok") return green(text);
    return state === "unfinished" || state === "unclear" ? yellow(text) : red(text);
  };
  const now = Date.now();
  const wide: Column<NodeAttachment>[] = [
    { title: "MAC", text: ({ mac = "" }) => mac, isOptional: true },
    { title: "NETNS", text: ({ netns }) => netns, least: 12 },
    { title: "SOURCES", text: ({ sources }) => sources.join(","), least: 8 },
    { title: "FILE", text: ({ networkFile = "" }) => networkFile, least: 8 },
  ];
  return [
    { title: "NETWORK", text: ({ network }) => network, least: 8, spare: 1 },
    {
      title: "CONTAINER",
      text: ({ containerId }) => (isWide ? containerId : shortId(containerId)),
      least: 9,
    },
    { title: "POD", text: ({ pod }) => (pod ? podName(pod) : ""), isOptional: true, least: 9 },
    { title: "IFNAME", text: ({ ifName }) => ifName, spare: 3 },
    { title: "ADDRESS", text: ({ addresses }) => addresses.join(", "), least: 11 },
    { title: "PORTS", text: portsText, isOptional: true, least: 8, spare: 4 },
    { title: "LINK", text: ({ hostLink }) => hostLink?.name ?? "", isOptional: true, spare: 5 },
    ...(isWide ? wide : []),
    {
      title: "AGE",
      text: ({ since }) => (since === undefined ? "" : age(now - since)),
      isRight: true,
      spare: 2,
    },
    { title: "STATE", text: ({ state }) => state, paint },
    { title: "WHY", text: whyOf, isOptional: true, least: 16 },
  ];
}

function portsText({ ports }: NodeAttachment): string {
  return ports.map(portText).join(", ");
}

function whyOf({ findings }: NodeAttachment): string {
  return findings.map(({ text }) => text).join("; ");
}
