import { addressSchema } from "./address.ts";
import {
  attachmentDetailSchema,
  attachmentSchema,
  periodSchema,
  routeSchema,
} from "./attachment.ts";
import { callGroupSchema, callSchema, callsSchema } from "./call.ts";
import { changeSchema } from "./change.ts";
import { diagnosisSchema, findingsSchema, stageSchema } from "./diagnosis.ts";
import { errorSchema } from "./error.ts";
import { findingSchema } from "./finding.ts";
import {
  fleetBlockSchema,
  fleetNodeSchema,
  fleetSchema,
  fleetSubnetSchema,
  fleetsSchema,
} from "./fleet.ts";
import { hostLinkSchema, linkSchema, linksSchema } from "./link.ts";
import { attachmentsSchema, rulesSchema } from "./list.ts";
import { mapSchema, pathSchema } from "./map.ts";
import { podSchema } from "./name.ts";
import { networkSchema, networksSchema } from "./network.ts";
import { nodeSchema } from "./node.ts";
import { hostPortSchema, listenerSchema, portsSchema } from "./port.ts";
import { rangeMapSchema, rangeSchema, rangesSchema, reservationSchema } from "./range.ts";
import { ruleSchema } from "./rule.ts";
import type { Schema } from "./schema.ts";

/** The forms that have a name in documents: answers of the API, and what several of them have. */
export type FormName =
  | "address"
  | "attachment"
  | "attachmentDetail"
  | "attachments"
  | "call"
  | "calls"
  | "change"
  | "clusterNode"
  | "diagnosis"
  | "error"
  | "finding"
  | "findings"
  | "fleet"
  | "fleets"
  | "group"
  | "hostLink"
  | "hostPort"
  | "link"
  | "links"
  | "listener"
  | "map"
  | "network"
  | "networks"
  | "node"
  | "part"
  | "path"
  | "period"
  | "pod"
  | "pool"
  | "pools"
  | "poolMap"
  | "ports"
  | "reservation"
  | "route"
  | "rule"
  | "rules"
  | "space"
  | "stage";

export const FORMS: Readonly<Record<FormName, Schema<unknown>>> = {
  address: addressSchema,
  attachment: attachmentSchema,
  attachmentDetail: attachmentDetailSchema,
  attachments: attachmentsSchema,
  call: callSchema,
  calls: callsSchema,
  change: changeSchema,
  clusterNode: fleetNodeSchema,
  diagnosis: diagnosisSchema,
  error: errorSchema,
  finding: findingSchema,
  findings: findingsSchema,
  fleet: fleetSchema,
  fleets: fleetsSchema,
  group: callGroupSchema,
  hostLink: hostLinkSchema,
  hostPort: hostPortSchema,
  link: linkSchema,
  links: linksSchema,
  listener: listenerSchema,
  map: mapSchema,
  network: networkSchema,
  networks: networksSchema,
  node: nodeSchema,
  part: fleetBlockSchema,
  path: pathSchema,
  period: periodSchema,
  pod: podSchema,
  pool: rangeSchema,
  pools: rangesSchema,
  poolMap: rangeMapSchema,
  ports: portsSchema,
  reservation: reservationSchema,
  route: routeSchema,
  rule: ruleSchema,
  rules: rulesSchema,
  space: fleetSubnetSchema,
  stage: stageSchema,
};
