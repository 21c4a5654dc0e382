import type { CachedFile } from "../../runtime/index.ts";
import { type Attachment, attachmentKey } from "../../spec/index.ts";
import type {
  HostLink,
  Journalled,
  NetnsNoted,
  NetworkFacts,
  Reservation,
} from "../sources/index.ts";
import type { Source } from "./attachment.ts";

/** What each source has of one attachment, while they are read. */
export interface Draft extends Attachment {
  readonly sources: Set<Source>;
  file?: CachedFile;
  /** Reads what a plugin has noted of the namespace; absent where there is no note. */
  note?: () => NetnsNoted | undefined;
  journal?: Journalled;
  link?: HostLink;
  facts?: NetworkFacts;
  readonly reservations: Reservation[];
}

/** The attachments that have been met so far. */
export class Drafts {
  readonly #byKey = new Map<string, Draft>();

  /** The draft of an attachment, which this source knows. */
  of({ network, containerId, ifName }: Attachment, source: Source): Draft {
    const key = attachmentKey({ network, containerId, ifName });
    let draft = this.#byKey.get(key);
    if (draft === undefined) {
      draft = { network, containerId, ifName, sources: new Set(), reservations: [] };
      this.#byKey.set(key, draft);
    }
    draft.sources.add(source);
    return draft;
  }

  has(attachment: Attachment): boolean {
    return this.#byKey.has(attachmentKey(attachment));
  }

  all(): Draft[] {
    return [...this.#byKey.values()];
  }
}
