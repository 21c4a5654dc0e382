/** Queueing disciplines (linux/pkt_sched.h): what tc(8) sets. */
export {
  add,
  delete,
  get,
  handleOf,
  list,
  type Qdisc,
  type QdiscPlace,
  type QdiscSpec,
  type QdiscTarget,
  replace,
  type TbfInfo,
  TC_H_CLSACT_EGRESS,
  TC_H_CLSACT_INGRESS,
  TC_H_INGRESS,
  TC_H_ROOT,
  type TrafficStats,
} from "../../kernel/route/qdisc/index.ts";
