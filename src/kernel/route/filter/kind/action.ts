import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";
import { present } from "../../present.ts";
import { TCA_ACT_KIND, TCA_ACT_OPTIONS } from "../attribute.ts";
import { decodeMirred, encodeMirred, type MirredInfo } from "./mirred.ts";

/** What is done with packets that a filter matches. */
export interface Action {
  /** `mirred`, `gact`, `police` … */
  readonly kind: string;
  readonly mirred?: MirredInfo | undefined;
  /** TCA_ACT_OPTIONS as it is, for a kind that is not known here. */
  readonly options?: Uint8Array | undefined;
}

/** Actions one after the other, numbered from 1. */
export function encodeActions(writer: AttributeWriter, actions: readonly Action[]): void {
  for (const [place, { kind, mirred, options }] of actions.entries()) {
    writer.unmarkedNested(place + 1, (action) => {
      action.string(TCA_ACT_KIND, kind);
      if (mirred !== undefined) {
        action.nested(TCA_ACT_OPTIONS, (inner) => encodeMirred(inner, mirred));
      } else if (options !== undefined) {
        action.bytes(TCA_ACT_OPTIONS, options);
      }
    });
  }
}

export function decodeActions(
  list: Attributes,
  parse: (bytes: Uint8Array) => Attributes,
): Action[] {
  return [...list].map(({ payload }) => {
    const action = parse(payload);
    const kind = action.string(TCA_ACT_KIND) ?? "";
    const options = action.bytes(TCA_ACT_OPTIONS);
    const known = kind === "mirred" && options !== undefined;
    return {
      kind,
      ...present("options", options),
      ...present("mirred", known ? decodeMirred(parse(options)) : undefined),
    };
  });
}
