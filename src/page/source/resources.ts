import type {
  AttachmentDetailForm,
  AttachmentNameForm,
  AttachmentsForm,
  CallGroupForm,
  CallsForm,
  FindingsForm,
  FleetsForm,
  MapForm,
  NetworksForm,
  NodeForm,
  PortsForm,
  RangeMapForm,
  RangesForm,
  RulesForm,
} from "../../forms/index.ts";
import { SourceFailure } from "./failure.ts";

/** A resource of the API: its path below `/api/1/`, and what its answer is. */
export interface Resource<Value> {
  readonly path: string;
  /** @throws SourceFailure when the answer is none of this resource */
  readonly decode: (answer: unknown) => Value;
  /** What is laborious to answer is read anew so much later than something has changed. */
  readonly calmMs?: number;
}

/** The resources that have one answer each, by their paths. */
interface Forms {
  readonly node: NodeForm;
  readonly networks: NetworksForm;
  readonly attachments: AttachmentsForm;
  readonly ranges: RangesForm;
  readonly ports: PortsForm;
  readonly rules: RulesForm;
  readonly calls: CallsForm;
  readonly findings: FindingsForm;
  readonly fleet: FleetsForm;
  readonly map: MapForm;
}

/** The doctor looks at the whole node, and a fleet's store is another machine. */
const CALM_MS = 1500;

export const RESOURCES: { readonly [Name in keyof Forms]: Resource<Forms[Name]> } = {
  node: one("node"),
  networks: one("networks"),
  attachments: one("attachments"),
  ranges: one("ranges"),
  ports: one("ports"),
  rules: one("rules"),
  calls: one("calls"),
  findings: { ...one<FindingsForm>("findings"), calmMs: CALM_MS },
  fleet: { ...one<FleetsForm>("fleet"), calmMs: CALM_MS },
  map: one("map"),
};

export function attachmentResource(name: AttachmentNameForm): Resource<AttachmentDetailForm> {
  const words = [name.network, name.containerId, name.ifName].map(encodeURIComponent);
  return one(`attachments/${words.join("/")}`);
}

/** A range by its place in the list of ranges. */
export function rangeResource(index: number): Resource<RangeMapForm> {
  return one(`ranges/${index}`);
}

export function callResource(id: string): Resource<CallGroupForm> {
  return one(`calls/${encodeURIComponent(id)}`);
}

function one<Value extends object>(path: string): Resource<Value> {
  const decode = (answer: unknown): Value => {
    if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
      throw new SourceFailure("unreadable", `the answer to ${path} is no object`);
    }
    // The program that answers is the one that this page came from: they are built of the same forms.
    return answer as Value;
  };
  return { path, decode };
}
