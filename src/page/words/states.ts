import type {
  AddressRunForm,
  AttachmentStateForm,
  FindingForm,
  FleetNodeForm,
  HostPortForm,
  NodeForm,
  ReservationForm,
  StageForm,
} from "../../forms/index.ts";

/** Shapes that tell states apart without colour. */
export type Shape =
  | "disc"
  | "triangle"
  | "ring"
  | "diamond"
  | "half"
  | "question"
  | "square"
  | "cross"
  | "dash";

/** How a state is shown: its word, its shape, the colour that goes with it, and what it means. */
export interface StateWords {
  readonly word: string;
  readonly shape: Shape;
  readonly tone: "good" | "warn" | "bad" | "odd" | "calm" | "none";
  readonly meaning: string;
}

/** As docs/cli.md says them. */
export const ATTACHMENT_STATES: Readonly<Record<AttachmentStateForm, StateWords>> = {
  ok: {
    ...{ word: "ok", shape: "disc", tone: "good" },
    meaning: "all sources agree; the inside of the namespace is compared in its own view",
  },
  drift: {
    ...{ word: "drift", shape: "triangle", tone: "warn" },
    meaning:
      "the host's link, its bridge, a reservation or the container's interface is not as the ADD made it",
  },
  orphan: {
    ...{ word: "orphan", shape: "ring", tone: "odd" },
    meaning: "the namespace is gone, or the machine has booted since, and no DEL has come",
  },
  leak: {
    ...{ word: "leak", shape: "diamond", tone: "bad" },
    meaning:
      "an address is reserved, or a link is there, for an attachment that nothing else knows",
  },
  unfinished: {
    ...{ word: "unfinished", shape: "half", tone: "calm" },
    meaning: "the ADD is under way, or was cut short",
  },
  unclear: {
    ...{ word: "unclear", shape: "question", tone: "none" },
    meaning: "it would be a leak, but a source that could not be read may know of it",
  },
};

export const SEVERITIES: Readonly<Record<FindingForm["severity"], StateWords>> = {
  error: { word: "error", shape: "diamond", tone: "bad", meaning: "it does not work" },
  warning: { word: "warning", shape: "triangle", tone: "warn", meaning: "it is to be looked at" },
  note: { word: "note", shape: "ring", tone: "calm", meaning: "it is good to know" },
};

export const STAGES: Readonly<Record<StageForm["state"], StateWords>> = {
  passed: { word: "passed", shape: "disc", tone: "good", meaning: "nothing was found" },
  warned: { word: "to be looked at", shape: "triangle", tone: "warn", meaning: "it may matter" },
  failed: { word: "failed", shape: "diamond", tone: "bad", meaning: "it does not work" },
  "not-reached": {
    ...{ word: "not reached", shape: "dash", tone: "none" },
    meaning: "a stage before it found nothing to look at",
  },
};

export const PORT_STATES: Readonly<Record<HostPortForm["state"], StateWords>> = {
  mapped: { word: "mapped", shape: "disc", tone: "good", meaning: "the kernel leads it there" },
  waiting: { word: "waiting", shape: "half", tone: "calm", meaning: "another one has the port" },
  dead: { word: "dead", shape: "diamond", tone: "bad", meaning: "its container is gone" },
  missing: {
    word: "missing",
    shape: "triangle",
    tone: "warn",
    meaning: "the kernel has no mapping",
  },
  noted: {
    word: "noted",
    shape: "ring",
    tone: "calm",
    meaning: "asked for; the kernel was not read",
  },
  unknown: { word: "unknown", shape: "question", tone: "none", meaning: "it could not be read" },
};

export const RESERVATION_STATES: Readonly<Record<ReservationForm["state"], StateWords>> = {
  attached: { word: "attached", shape: "disc", tone: "good", meaning: "its attachment is there" },
  unfinished: ATTACHMENT_STATES.unfinished,
  orphan: ATTACHMENT_STATES.orphan,
  leak: ATTACHMENT_STATES.leak,
  kept: { word: "kept", shape: "square", tone: "calm", meaning: "kept for a name that comes back" },
  unclear: ATTACHMENT_STATES.unclear,
};

export const FLEET_NODE_STATES: Readonly<Record<FleetNodeForm["state"], StateWords>> = {
  alive: { word: "alive", shape: "disc", tone: "good", meaning: "its lease is kept" },
  dead: { word: "dead", shape: "diamond", tone: "bad", meaning: "its lease has ended" },
  "given up": {
    word: "given up",
    shape: "cross",
    tone: "odd",
    meaning: "its blocks were taken back",
  },
  forgotten: {
    word: "forgotten",
    shape: "ring",
    tone: "odd",
    meaning: "an administrator removed it",
  },
  unknown: {
    word: "unknown",
    shape: "question",
    tone: "none",
    meaning: "the store has no word of it",
  },
};

export const DAEMON_STATES: Readonly<Record<NodeForm["daemon"], StateWords>> = {
  ready: { word: "ready", shape: "disc", tone: "good", meaning: "the node daemon serves calls" },
  "not ready": {
    ...{ word: "not ready", shape: "triangle", tone: "warn" },
    meaning: "the node daemon runs, and does not serve calls",
  },
  none: { word: "not running", shape: "ring", tone: "none", meaning: "plugins run by themselves" },
};

/** The uses of an address, with what stands in its cell. */
export const ADDRESS_USES: Readonly<
  Record<AddressRunForm["use"] | "free", StateWords & { readonly sign: string }>
> = {
  "in use": {
    word: "in use",
    shape: "square",
    tone: "good",
    sign: "",
    meaning: "an attachment has it",
  },
  reserved: { word: "reserved", shape: "half", tone: "calm", sign: "r", meaning: "it is kept" },
  excluded: {
    word: "excluded",
    shape: "cross",
    tone: "none",
    sign: "×",
    meaning: "had only when asked for",
  },
  gateway: {
    word: "gateway",
    shape: "disc",
    tone: "none",
    sign: "g",
    meaning: "the network's own",
  },
  leaked: {
    word: "leaked",
    shape: "diamond",
    tone: "bad",
    sign: "!",
    meaning: "reserved for what is gone",
  },
  free: {
    word: "free",
    shape: "dash",
    tone: "none",
    sign: "",
    meaning: "the next ADD may have it",
  },
};

export const CALL_ENDS: Readonly<Record<"done" | "failed", StateWords>> = {
  done: { word: "done", shape: "disc", tone: "good", meaning: "all of its plugins succeeded" },
  failed: { word: "failed", shape: "diamond", tone: "bad", meaning: "a plugin answered an error" },
};
