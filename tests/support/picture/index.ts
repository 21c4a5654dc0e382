/** A node as the API answers for it, made up: for states that are hard to make, and for tests of the page alone. */
import type { AttachmentForm, MapForm, NodeForm } from "../../../src/forms/index.ts";
import { attachmentOf } from "./attachments.ts";
import { groupsOf } from "./calls.ts";
import { detailOf } from "./detail.ts";
import { FLEET } from "./fleet.ts";
import { findingsOf, NETWORKS, portsOf, rulesOf } from "./node.ts";
import type { PictureOptions } from "./options.ts";
import { rangeMapOf, rangesOf } from "./ranges.ts";

/** The answers of a node by their paths. */
export function picture(options: PictureOptions): Record<string, unknown> {
  const attachments = Array.from({ length: options.attachments }, (_, index) => {
    return attachmentOf(index, options);
  });
  const groups = attachments
    .slice(0, 60)
    .flatMap((each, index) => groupsOf(each, index, options.now));
  const details = attachments.map((each, index) => {
    const path = [each.network, each.containerId, each.ifName].map(encodeURIComponent).join("/");
    const calls = groups.filter(({ containerId }) => containerId === each.containerId);
    return [`attachments/${path}`, detailOf(each, index, calls)] as const;
  });
  return {
    node: nodeOf(attachments, options),
    networks: NETWORKS,
    attachments: { attachments, more: false, problems: [] },
    ranges: rangesOf(attachments),
    "ranges/0": rangeMapOf(attachments, 0),
    "ranges/1": rangeMapOf(attachments, 1),
    "ranges/2": rangeMapOf(attachments, 2),
    ports: portsOf(attachments),
    rules: rulesOf(attachments),
    calls: { recording: true, groups, more: false },
    findings: findingsOf(attachments),
    fleet: FLEET,
    map: MAP,
    ...Object.fromEntries(groups.map((group) => [`calls/${group.id}`, group])),
    ...Object.fromEntries(details),
  };
}

function nodeOf(attachments: readonly AttachmentForm[], { now }: PictureOptions): NodeForm {
  return {
    ...{ hostname: "harbour-1", version: "0.1.0", time: new Date(now).toISOString() },
    ...{ revision: "1", attachments: attachments.length, networks: 3 },
    ...{ by: "ui", daemon: "ready", problems: [] },
  };
}

const MAP: MapForm = { nodes: [], edges: [], groups: [] };
