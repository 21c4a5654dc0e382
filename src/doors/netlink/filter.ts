/** Traffic filters of queueing disciplines (linux/pkt_cls.h): what tc-filter(8) sets. */
export {
  ANY_PACKET,
  add,
  delete,
  ETH_P_ALL,
  ETH_P_IP,
  ETH_P_IPV6,
  type Filter,
  type FilterPlace,
  type FilterSpec,
  list,
  type U32Info,
  type U32Key,
} from "../../kernel/route/filter/index.ts";
