/** All that can be asked for: what it is, how it is asked, and how its answer is made. */
import { addresses } from "./addresses.ts";
import { attachment, attachments } from "./attachments.ts";
import { call, calls } from "./calls.ts";
import { findings } from "./findings.ts";
import { fleet } from "./fleet.ts";
import { links } from "./links.ts";
import { map, path } from "./map.ts";
import { networks } from "./networks.ts";
import { node } from "./node.ts";
import { ports } from "./ports.ts";
import { range, ranges } from "./ranges.ts";
import type { Resource } from "./resource.ts";
import { rules } from "./rules.ts";

export { factsOf } from "./map.ts";
export { Remembered } from "./remembered.ts";
export type { AskedNode, Question, Resource } from "./resource.ts";

export const RESOURCES: readonly Resource[] = [
  ...[node, networks, attachments, attachment, links, addresses, ranges, range],
  ...[ports, rules, calls, call, findings, fleet, map, path],
];
