import type { AttachmentNameForm, AttachmentsForm, ChangeForm } from "../../forms/index.ts";
import { nameOf } from "../words/names.ts";

/** A list of attachments after a change of one of them. */
export function changedList(
  list: AttachmentsForm,
  { attachment, event }: ChangeForm,
): AttachmentsForm {
  if (attachment === undefined) return list;
  const at = list.attachments.findIndex((each) => isSame(each, attachment));
  const attachments = [...list.attachments];
  if (event === "detached") {
    if (at !== -1) attachments.splice(at, 1);
  } else if (at === -1) {
    attachments.push(attachment);
  } else {
    attachments[at] = attachment;
  }
  return { ...list, attachments };
}

export function isSame(one: AttachmentNameForm, other: AttachmentNameForm): boolean {
  return (
    one.network === other.network &&
    one.containerId === other.containerId &&
    one.ifName === other.ifName
  );
}

/** A change in one sentence, for those that hear the page. */
export function changeText({ attachment, event }: ChangeForm): string | undefined {
  if (attachment === undefined) return undefined;
  const what = `${nameOf(attachment)} on ${attachment.network}`;
  if (event === "attached") return `${what} was attached`;
  if (event === "detached") return `${what} was detached`;
  return `${what} is ${attachment.state} now`;
}
