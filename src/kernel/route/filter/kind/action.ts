import { defined } from "../../../../base/index.ts";
import {
  Attributes,
  type AttributeWriter,
  attributes,
  bytes,
  cString,
} from "../../../netlink/index.ts";
import { type MirredInfo, mirredTable, withVerdict } from "./mirred.ts";

// linux/pkt_cls.h
const TCA_ACT_KIND = 1;
const TCA_ACT_OPTIONS = 2;

/** What is done with packets that a filter matches. */
export interface Action {
  /** `mirred`, `gact`, `police` … */
  readonly kind: string;
  readonly mirred?: MirredInfo | undefined;
  /** TCA_ACT_OPTIONS as it is, for a kind that is not known here. */
  readonly options?: Uint8Array | undefined;
}

const actionTable = attributes({
  kind: cString(TCA_ACT_KIND),
  options: bytes(TCA_ACT_OPTIONS),
});

/** Actions one after the other, numbered from 1. */
export function encodeActions(writer: AttributeWriter, actions: readonly Action[]): void {
  for (const [place, { kind, mirred, options }] of actions.entries()) {
    writer.unmarkedNested(place + 1, (action) => {
      actionTable.encode(action, { kind, options: mirred === undefined ? options : undefined });
      if (mirred === undefined) return;
      const parms = withVerdict(mirred);
      action.nested(TCA_ACT_OPTIONS, (inner) => mirredTable.encode(inner, { parms }));
    });
  }
}

export function decodeActions(list: Uint8Array): Action[] {
  return Array.from(Attributes.parse(list), ({ payload }) => {
    const { kind = "", options } = actionTable.decode(payload, {});
    const isMirred = kind === "mirred" && options !== undefined;
    const mirred = isMirred ? mirredTable.decode(options, {}).parms : undefined;
    return { kind, ...defined({ options, mirred }) };
  });
}
