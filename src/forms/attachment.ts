import * as v from "valibot";
import { type CallGroupForm, callGroupSchema } from "./call.ts";
import {
  type AttachmentStateForm,
  type FindingForm,
  findingSchema,
  stateSchema,
} from "./finding.ts";
import { type LinkForm, linkSchema } from "./link.ts";
import { type AttachmentNameForm, NAMES, type PodForm, podSchema } from "./name.ts";
import { type RuleForm, ruleSchema } from "./rule.ts";
import {
  described,
  flag,
  type Keys,
  list,
  maybe,
  number,
  object,
  one,
  type Schema,
  text,
  time,
} from "./schema.ts";

/** A port of the host that leads to a container, as its runtime asked for it. */
export interface PortMappingForm {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
  /** Absent for all addresses of the host. */
  readonly hostIP?: string | undefined;
}

export const portMappingSchema: Schema<PortMappingForm> = object<PortMappingForm>({
  hostPort: number(),
  containerPort: number(),
  protocol: text(),
  hostIP: maybe(text("Absent for all addresses of the host.")),
});

export interface RouteForm {
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly table?: number | undefined;
}

export const routeSchema: Schema<RouteForm> = object<RouteForm>({
  dst: text(),
  gw: maybe(text()),
  table: maybe(number()),
});

/** An attachment as its sources together have it. */
export interface AttachmentForm extends AttachmentNameForm {
  /** Path of the namespace; may be empty. */
  readonly netns: string;
  /** False for an ADD that is under way, or was cut short. */
  readonly finished: boolean;
  /** The machine has booted since. */
  readonly earlierBoot: boolean;
  readonly state: AttachmentStateForm;
  readonly netnsState: "alive" | "gone" | "replaced" | "unknown";
  /** What knows of it. */
  readonly sources: readonly ("cache" | "journal" | "record" | "reservation" | "link")[];
  /** In CIDR notation where the length of the prefix is known. */
  readonly addresses: readonly string[];
  readonly ports: readonly PortMappingForm[];
  readonly reservations: readonly { readonly address: string; readonly path: string }[];
  readonly findings: readonly FindingForm[];
  readonly pod?: PodForm | undefined;
  /** As the result has it. */
  readonly mac?: string | undefined;
  /** Its end on the host. */
  readonly hostLink?: LinkForm | undefined;
  /** When it was attached, ISO 8601. */
  readonly since?: string | undefined;
  /** The file that configures its network now. */
  readonly networkFile?: string | undefined;
  /** The file in which its runtime remembers it. */
  readonly cacheFile?: string | undefined;
}

const ATTACHMENT: Keys<AttachmentForm> = {
  ...NAMES,
  netns: text("Path of the namespace; may be empty."),
  finished: flag("False for an ADD that is under way, or was cut short."),
  earlierBoot: flag("The machine has booted since."),
  state: stateSchema("How the sources agree, all in all; docs/cli.md says what each means."),
  netnsState: one(
    ["alive", "gone", "replaced", "unknown"],
    "What became of the namespace; unknown where its path is not noted, or cannot be looked at.",
  ),
  sources: list(one(["cache", "journal", "record", "reservation", "link"]), "What knows of it."),
  addresses: list(text(), "In CIDR notation where the length of the prefix is known."),
  ports: list(portMappingSchema, "As its runtime asked for them."),
  reservations: list(object<{ address: string; path: string }>({ address: text(), path: text() })),
  findings: list(findingSchema),
  pod: maybe(podSchema),
  mac: maybe(text("As the result has it.")),
  hostLink: maybe(linkSchema),
  since: maybe(time("When it was attached.")),
  networkFile: maybe(text("The file that configures its network now.")),
  cacheFile: maybe(text("The file in which its runtime remembers it.")),
};

export const attachmentSchema: Schema<AttachmentForm> = object(
  ATTACHMENT,
  "An interface in a container, by network, container and name.",
);

/** When an attachment had which addresses. */
export interface PeriodForm extends AttachmentNameForm {
  readonly netns: string;
  readonly addresses: readonly string[];
  /** Absent when it began before the notes do. */
  readonly from?: string | undefined;
  /** Absent for what is there, or went without a word. */
  readonly to?: string | undefined;
  readonly present: boolean;
}

export const periodSchema: Schema<PeriodForm> = object<PeriodForm>({
  ...NAMES,
  netns: text(),
  addresses: list(text()),
  from: maybe(text("Absent when it began before the notes do.")),
  to: maybe(text("Absent for what is there, or went without a word.")),
  present: flag(),
});

/** What stands in the namespace of an attachment. */
export interface InsideForm {
  readonly link?: LinkForm | undefined;
  readonly addresses: readonly string[];
  readonly routes: readonly RouteForm[];
}

export const insideSchema: Schema<InsideForm> = object<InsideForm>({
  link: maybe(linkSchema),
  addresses: list(text()),
  routes: list(routeSchema),
});

/** All that is known of one attachment: asked, promised, standing. */
export interface AttachmentDetailForm extends AttachmentForm {
  /** The network configuration of its ADD, secrets masked; absent where none is remembered. */
  readonly asked?: unknown;
  /** The result of its ADD by the specification; absent where none is remembered. */
  readonly promised?: unknown;
  /** Its interface as the kernel has it; absent when the namespace cannot be entered. */
  readonly inside?: InsideForm | undefined;
  /** As the result has them. */
  readonly routes: readonly RouteForm[];
  readonly rules: readonly RuleForm[];
  /** The oldest first. */
  readonly history: readonly PeriodForm[];
  /** What was recorded of it, the newest first. */
  readonly calls: readonly CallGroupForm[];
  readonly problems: readonly string[];
}

export const attachmentDetailSchema: Schema<AttachmentDetailForm> = object<AttachmentDetailForm>(
  {
    ...ATTACHMENT,
    asked: maybe(
      described(
        v.unknown(),
        "The network configuration of its ADD, secrets masked; absent where none is remembered.",
      ),
    ),
    promised: maybe(
      described(
        v.unknown(),
        "The result of its ADD by the specification; absent where none is remembered.",
      ),
    ),
    inside: maybe(insideSchema),
    routes: list(routeSchema, "As the result has them."),
    rules: list(ruleSchema, "Rules and elements of the packet filter."),
    history: list(periodSchema, "When it had which addresses, the oldest first."),
    calls: list(callGroupSchema, "What was recorded of it, the newest first."),
    problems: list(text(), "What could not be read."),
  },
  "All that is known of one attachment: what was asked, what was promised, and what stands.",
);
