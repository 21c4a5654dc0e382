import type { Ip } from "../../../addr/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import type { Garbage, Scene } from "../../../state/index.ts";
import { type OwnerRecord, type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";

/**
 * Whose an address is that rules without a mark are for. Two attachments may have one address, as
 * when the DEL of the earlier comes late: the rules stay until the last of them goes.
 */
export class AddressClaims {
  readonly #store: OwnerStore;

  constructor({ ctx }: Scene) {
    this.#store = ownerRecords(ctx, "firewall-claims");
  }

  add(ip: Ip, mark: string): void {
    this.#store.write(keyOf(ip), [...this.#others(ip, mark), mark]);
  }

  isOfOther(ip: Ip, mark: string): boolean {
    return this.#others(ip, mark).length > 0;
  }

  remove(ip: Ip, mark: string): void {
    this.#keep(keyOf(ip), this.#others(ip, mark));
  }

  collect({ isStale }: Garbage): void {
    for (const claim of this.#store.list("")) {
      const marks = marksOf(claim);
      const valid = marks.filter((mark) => !isStale(mark));
      if (valid.length < marks.length) this.#keep(claim, valid);
    }
  }

  #others(ip: Ip, mark: string): string[] {
    return marksOf(this.#store.read(keyOf(ip))).filter((each) => each !== mark);
  }

  #keep(key: Attachment, marks: string[]): void {
    if (marks.length === 0) this.#store.remove(key);
    else this.#store.write(key, marks);
  }
}

function keyOf(ip: Ip): Attachment {
  return { network: "", containerId: ip.toString(), ifName: "" };
}

function marksOf(claim: OwnerRecord | undefined): string[] {
  return [claim?.data ?? []].flat().filter((mark) => typeof mark === "string");
}
