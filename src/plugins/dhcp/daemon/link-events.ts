import {
  connectToKernel,
  decodeMessages,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_ROUTE,
  SOL_NETLINK,
} from "../../../kernel/netlink/index.ts";
import { link, RTNLGRP_LINK } from "../../../kernel/route/index.ts";
import {
  AF_NETLINK,
  type Fd,
  hear,
  SO_RCVBUFFORCE,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  setsockopt,
  socket,
} from "../../../kernel/sys/index.ts";

const RECEIVE_BUFFER = 4 * 1024 * 1024;

export interface LinkEvents {
  /** A link was deleted, in this namespace or in one that has an ID in it. */
  readonly gone: (index: number, mac: string | undefined) => void;
  /** Events were lost, and with them perhaps deletions. */
  readonly lost: () => void;
}

/**
 * Receives RTM_DELLINK by one socket for all namespaces. A socket inside each container's namespace
 * would keep the namespace alive after its container.
 */
export async function watchLinks(events: LinkEvents): Promise<Disposable> {
  const fd = openSocket();
  let hearing: Disposable | undefined;
  let over = false;
  const begin = async (): Promise<void> => {
    hearing = await hear(fd, {
      datagram: (bytes) => report(bytes, events),
      end: () => {
        if (over) return;
        // More events than the buffer holds (ENOBUFS). The socket itself goes on.
        void begin().then(events.lost);
      },
    });
  };
  await begin();
  return {
    [Symbol.dispose](): void {
      over = true;
      hearing?.[Symbol.dispose]();
      fd.close();
    },
  };
}

function openSocket(): Fd {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
  try {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
    connectToKernel(fd);
    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK);
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

function report(bytes: Uint8Array, events: LinkEvents): void {
  for (const message of decodeMessages(bytes)) {
    if (message.type !== link.RTM_DELLINK) continue;
    const { index, address } = link.decodeLink(message.payload);
    events.gone(index, address);
  }
}
