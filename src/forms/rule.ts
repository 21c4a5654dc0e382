import { type AttachmentNameForm, knownNameSchema } from "./name.ts";
import { maybe, object, type Schema, text } from "./schema.ts";

/** A rule, or an element of a set or map, of the packet filter. */
export interface RuleForm {
  /** Family, table, and set or chain. */
  readonly place: string;
  readonly text: string;
  /** The attachment that it is for, where it stands in a list of all. */
  readonly owner?: Partial<AttachmentNameForm> | undefined;
}

export const ruleSchema: Schema<RuleForm> = object<RuleForm>({
  place: text("Family, table, and set or chain."),
  text: text(),
  owner: maybe(knownNameSchema),
});
