import { expect, test } from "bun:test";
import { messageBytes, type NetlinkPort, NLMSG_ERROR } from "../../../kernel/netlink/index.ts";
import { link, qdisc, RouteSocket } from "../../../kernel/route/index.ts";
import { Errno } from "../../../kernel/sys/index.ts";
import { verifyKernel } from "./support.ts";

/** A kernel that refuses every request with the error number of its type. */
function refusing(errnos: Readonly<Record<number, number>>): RouteSocket {
  let request = new Uint8Array();
  const port: NetlinkPort = {
    portId: 1,
    send: (bytes) => {
      request = Uint8Array.from(bytes);
    },
    receive: () => {
      const view = new DataView(request.buffer);
      const payload = new Uint8Array(4 + 16);
      new DataView(payload.buffer).setInt32(0, -(errnos[view.getUint16(4, true)] ?? 0), true);
      payload.set(request.subarray(0, 16), 4);
      const answer = { type: NLMSG_ERROR, flags: 0x100, payload };
      return { bytes: messageBytes(answer, view.getUint32(8, true)), group: 0 };
    },
    poll: () => true,
    [Symbol.dispose]: () => {},
  };
  return RouteSocket.over(port);
}

const KNOWN = { [link.RTM_NEWLINK]: Errno.EINVAL, [qdisc.RTM_NEWQDISC]: Errno.EINVAL };

test("a kernel that knows both kinds refuses what is asked for, and that is well", () => {
  using host = refusing(KNOWN);
  expect(() => verifyKernel({ host })).not.toThrow();
});

test.each([
  ["ifb", { [link.RTM_NEWLINK]: Errno.EOPNOTSUPP }, "the kernel has no ifb devices (CONFIG_IFB)"],
  ["tbf", { [qdisc.RTM_NEWQDISC]: Errno.ENOENT }, "the kernel has no tbf (CONFIG_NET_SCH_TBF)"],
])("a kernel without %s is told with code 50", (_what, answers, msg) => {
  using host = refusing({ ...KNOWN, ...answers });
  try {
    verifyKernel({ host });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 50, msg });
  }
});
