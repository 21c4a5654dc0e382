/**
 * What Hawser's own plugins are made of: kinds of network state, from which ADD, CHECK, DEL, GC, STATUS
 * and `plan` follow. A plugin names the kinds it wants. Linux; calls need Bun.
 */
export { announcement } from "../../state/announce/index.ts";
export {
  type IpamKeys,
  optionalIpam,
  requiredIpam,
} from "../../state/config/index.ts";
export { forwarding } from "../../state/forwarding/index.ts";
export {
  type Completion,
  type ConfiguredScene,
  differs,
  type FileScene,
  type Finding,
  filePlugin,
  type Garbage,
  type Kind,
  kindOf,
  made,
  missingInContainer,
  ownLink,
  type Piece,
  type Removable,
  type Rollback,
  removed,
  restored,
  type Scene,
  STATE_DIFFERS,
  type Standing,
  type StatePlugin,
  stays,
  tryAgain,
  type Wanted,
} from "../../state/index.ts";
export { configuredInterface } from "../../state/interface/index.ts";
export { givenAddresses, inReleaseOrder, ipam } from "../../state/ipam/index.ts";
export {
  type LinkConfig,
  type LinkContext,
  type LinkPiece,
  type LinkPlugin,
  linkPlugin,
} from "../../state/link-plugin/index.ts";
export { type Masquerade, masquerade } from "../../state/masquerade/index.ts";
export type { Links, Namespaces } from "../../state/namespaces/index.ts";
export { type OwnerRecord, ownerComment, ownerRecords } from "../../state/owner/index.ts";
export { containerInterface, hostInterface } from "../../state/result/index.ts";
export { type NetworkPlugin, statePlugin } from "../../state/state-plugin/index.ts";
export { type VethPair, vethPair } from "../../state/veth/index.ts";
