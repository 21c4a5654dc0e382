import { ByteWriter } from "../../bytes/index.ts";
import {
  Attributes,
  AttributeWriter,
  NETLINK_GENERIC,
  type NetlinkMessage,
  type NetlinkRequest,
  NetlinkSocket,
  type NetlinkSocketOptions,
} from "../netlink/index.ts";
import { Errno } from "../sys/index.ts";

// Generic netlink (linux/genetlink.h): families have names, and numbers that are asked for by them.

const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_VERSION = 2;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const CTRL_ATTR_MCAST_GROUPS = 7;
const CTRL_ATTR_MCAST_GRP_NAME = 1;
const CTRL_ATTR_MCAST_GRP_ID = 2;

/** Size of `struct genlmsghdr`: command, version, reserved. */
export const GENL_HDRLEN = 4;

/** A family that the kernel has. */
export interface GenericFamily {
  /** The type of its messages. */
  readonly id: number;
  /** Numbers of its multicast groups by their names. */
  readonly groups: ReadonlyMap<string, number>;
}

/** Asks for a family; undefined when this kernel has none of that name, or not in this namespace. */
export function findFamily(
  name: string,
  netns?: NetlinkSocketOptions["netns"],
): GenericFamily | undefined {
  using socket = NetlinkSocket.open(NETLINK_GENERIC, { netns });
  const question = genericRequest(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_VERSION, (writer) =>
    writer.string(CTRL_ATTR_FAMILY_NAME, name),
  );
  const [answer] = socket.ask(question, [Errno.ENOENT], `look for netlink family ${name}`) ?? [];
  return answer === undefined ? undefined : decodeFamily(answer);
}

function decodeFamily({ payload }: NetlinkMessage): GenericFamily | undefined {
  const attributes = Attributes.parse(payload.subarray(GENL_HDRLEN));
  const id = attributes.u16(CTRL_ATTR_FAMILY_ID);
  if (id === undefined) return undefined;
  const groups = new Map<string, number>();
  for (const { payload: group } of attributes.nested(CTRL_ATTR_MCAST_GROUPS) ?? []) {
    const inner = Attributes.parse(group);
    const name = inner.string(CTRL_ATTR_MCAST_GRP_NAME);
    const number = inner.u32(CTRL_ATTR_MCAST_GRP_ID);
    if (name !== undefined && number !== undefined) groups.set(name, number);
  }
  return { id, groups };
}

/** A message of a family. */
export function genericRequest(
  type: number,
  command: number,
  version: number,
  fill: (writer: AttributeWriter) => void = () => undefined,
): NetlinkRequest {
  const writer = new AttributeWriter(new ByteWriter().u8(command).u8(version).u16(0));
  fill(writer);
  return { type, flags: 0, payload: writer.finish() };
}
