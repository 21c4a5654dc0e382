import { addTo, bareAddress } from "../../base/index.ts";
import { type Rule, ruleComment, ruleLine, ruleTarget } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  iptablesComment,
  isOwnTable,
  legacySnatChain,
  masqueradeChain,
  masqueradeInstance,
  portChain,
  portComment,
} from "../../state/iptables/index.ts";
import { ownerComment } from "../../state/owner/index.ts";

/** An attachment and its addresses, in CIDR notation or without a length. */
export type Addressed = Attachment & { readonly addresses?: readonly string[] };

interface Candidate {
  readonly owner: Attachment;
  readonly addresses: readonly string[];
}

type Named = Map<string, Candidate[]>;

/** Finds whose a rule is by what stands on it. */
export class RuleOwners {
  readonly #candidates: readonly Candidate[];
  readonly #byMark = new Map<string, Attachment>();
  #reference: ReferenceOwners | undefined;

  constructor(attachments: readonly Addressed[]) {
    this.#candidates = attachments.map((one) => {
      const { network, containerId, ifName, addresses = [] } = one;
      return { owner: { network, containerId, ifName }, addresses };
    });
    for (const { owner } of this.#candidates) this.#byMark.set(ownerComment(owner), owner);
  }

  /** By the mark of our own layout. */
  ofMark(mark: string | undefined): readonly Attachment[] {
    const owner = mark === undefined ? undefined : this.#byMark.get(mark);
    return owner === undefined ? [] : [owner];
  }

  /** By the names of the reference plugins' layouts. They cost several digests an attachment. */
  ofReference(rule: Rule): readonly Attachment[] {
    this.#reference ??= new ReferenceOwners(this.#candidates);
    return this.#reference.of(rule);
  }
}

/**
 * By the names and comments of the reference plugins' layouts. Those know networks and containers, one of them
 * containers alone: a rule may be there for each of a container's attachments.
 */
class ReferenceOwners {
  readonly #byChain: Named = new Map();
  readonly #byComment: Named = new Map();
  readonly #byContainer: Named = new Map();
  readonly #byInstance: Named = new Map();

  constructor(candidates: readonly Candidate[]) {
    for (const one of candidates) {
      const { network, containerId, ifName } = one.owner;
      addTo(this.#byChain, portChain(network, containerId), one);
      addTo(this.#byChain, masqueradeChain(network, containerId), one);
      addTo(this.#byChain, legacySnatChain(network, containerId), one);
      addTo(this.#byComment, iptablesComment(network, containerId), one);
      addTo(this.#byComment, iptablesComment(network, containerId, "dnat "), one);
      addTo(this.#byContainer, portComment(containerId), one);
      addTo(this.#byInstance, masqueradeInstance(network, containerId, ifName), one);
    }
  }

  of(rule: Rule): readonly Attachment[] {
    const comment = ruleComment(rule) ?? "";
    const found =
      this.#byChain.get(rule.chain) ??
      this.#byChain.get(ruleTarget(rule) ?? "") ??
      this.#byComment.get(comment) ??
      // A container's ID alone is no proof in a table that others write to.
      (isOwnTable(rule.table) ? this.#byContainer.get(comment) : undefined) ??
      this.#byInstance.get(comment.slice(0, INSTANCE_LENGTH)) ??
      [];
    const its = found.length > 1 ? narrowed(found, ruleLine(rule)) : found;
    return its.map(({ owner }) => owner);
  }
}

/** Two parts of 16 digits, and what joins them. */
const INSTANCE_LENGTH = 33;

/** Those whose addresses the rule names; all where it names none of them. */
function narrowed(found: readonly Candidate[], text: string): readonly Candidate[] {
  // An IPv4 address may have a port after it, an IPv6 address stands in brackets then.
  const words = text.split(/[^0-9a-f.:]+/u).map((word) => word.replace(/(?<=\.\d+):\d+$/u, ""));
  const named = found.filter(({ addresses }) =>
    addresses.some((address) => words.includes(bareAddress(address))),
  );
  return named.length > 0 ? named : found;
}
