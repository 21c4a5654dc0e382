/**
 * Packets of other nodes' containers pass a host that drops what is forwarded as those of its own do: by
 * the bit of the mark that the firewall plugin's rule accepts (docs/decisions/0005-accept-by-mark.md).
 */
import type { Prefix } from "../addr/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import {
  compose,
  interfaceMatch,
  markMatch,
  Nftables,
  prefixMatch,
  setMark,
  type TableId,
} from "../kernel/nftables/index.ts";
import { KernelError } from "../kernel/sys/index.ts";
import { hexDigest } from "../state/index.ts";
import { deviceName } from "./names.ts";

const FAMILY = "inet";
/** The firewall plugin's own bit, where no other is configured. */
const MARK = 2 ** 12;
const MARKING = { name: "forward", priority: -1, bits: MARK } as const;
const UNMARKING = { name: "forwarded", priority: 1, bits: 0 } as const;

/** Says which rules the table has, so that the same ones are not written again. */
const DIGEST_LENGTH = 16;

/**
 * Lets packets pass that come in by `input` from the fleet's subnets to them. Gives how many changes
 * that took: none where the kernel has no nftables, since then no rule of the plugin asks for the mark.
 */
export function letPass(
  network: string,
  input: string,
  subnets: readonly Prefix[],
  netns: Netns | undefined,
): number {
  return withNftables(netns, (nft) => {
    const table = tableOf(network);
    const digest = hexDigest("sha256", [input, ...subnets].join(" ")).slice(0, DIGEST_LENGTH);
    const comment = `Hawser: overlay of a network (${digest})`;
    const found = nft.getTable(FAMILY, table.name);
    const count = subnets.length * 2;
    if (found?.comment === comment && nft.listRules(FAMILY, table.name).length === count) return 0;
    nft.commit((batch) => {
      if (found !== undefined) batch.delTable(table);
      batch.addTable({ ...table, comment });
      for (const { name, priority, bits } of [MARKING, UNMARKING]) {
        const hook = { type: "filter", hook: "forward", priority, policy: "accept" } as const;
        batch.addChain({ family: FAMILY, table: table.name, name, hook });
        for (const subnet of subnets) {
          const expressions = compose(
            interfaceMatch("iifname", input),
            prefixMatch(FAMILY, subnet, "saddr"),
            prefixMatch(FAMILY, subnet, "daddr"),
            bits === 0 ? markMatch(MARK, MARK) : [],
            setMark(bits, MARK),
          );
          batch.addRule({ family: FAMILY, table: table.name, chain: name, expressions });
        }
      }
    });
    return 1;
  });
}

/** Takes the rules away; gives how many changes that took. */
export function letPassNoMore(network: string, netns: Netns | undefined): number {
  return withNftables(netns, (nft) => {
    const table = tableOf(network);
    if (nft.getTable(FAMILY, table.name) === undefined) return 0;
    nft.commit((batch) => batch.delTable(table));
    return 1;
  });
}

function tableOf(network: string): TableId {
  return { family: FAMILY, name: `hawser_${deviceName(network)}` };
}

function withNftables(netns: Netns | undefined, work: (nft: Nftables) => number): number {
  try {
    using nft = Nftables.open(netns);
    return work(nft);
  } catch (error) {
    if (error instanceof KernelError) return 0;
    throw error;
  }
}
