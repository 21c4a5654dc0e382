/** VLANs of bridges and their ports (linux/if_bridge.h): what bridge-vlan(8) sets. */
export {
  add,
  delete,
  list,
  type VlanRange,
  type VlanTable,
  type VlanTarget,
} from "../../kernel/route/vlan/index.ts";
