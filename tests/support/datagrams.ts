import { fileURLToPath } from "node:url";
import { type Family, Ip } from "../../src/addr/index.ts";
import type { Netns } from "../../src/kernel/netns/index.ts";
import {
  AF_INET,
  AF_INET6,
  bind,
  connect,
  type Fd,
  getsockname,
  inet6Address,
  inetAddress,
  isKernelError,
  KernelError,
  pollIn,
  recv,
  recvfrom,
  SO_RCVBUFFORCE,
  SOCK_DGRAM,
  SOL_SOCKET,
  send,
  setsockopt,
  socket,
} from "../../src/kernel/sys/index.ts";
import { patient } from "./patience.ts";
import { startable } from "./programs.ts";

/** UDP between namespaces without a program: whether a packet arrives, and of what size. */

// linux/in.h, linux/in6.h: packets are never cut on their way.
const IPPROTO_IP = 0;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_DO = 2;
const IPPROTO_IPV6 = 41;
const IPV6_MTU_DISCOVER = 23;
const WITHIN_MS = 2000;
/** A process has to start before it sends. */
const FIRST_WITHIN_MS = 20_000;
const LAST_WITHIN_MS = 200;
const RECEIVE_BUFFER = 8 * 1024 * 1024;

/** A bound UDP socket of a namespace. */
export class Mailbox implements Disposable {
  readonly fd: Fd;
  readonly ip: Ip;
  readonly port: number;

  constructor(netns: Netns, ip: Ip, port: number = 0) {
    this.ip = ip;
    const family = ip.family === 4 ? AF_INET : AF_INET6;
    this.fd = netns.run(() => socket(family, SOCK_DGRAM, 0));
    try {
      bind(this.fd, sockaddr(ip, port));
      const bound = getsockname(this.fd, 28);
      this.port = ((bound[2] ?? 0) << 8) | (bound[3] ?? 0);
      const [level, option] =
        ip.family === 4 ? [IPPROTO_IP, IP_MTU_DISCOVER] : [IPPROTO_IPV6, IPV6_MTU_DISCOVER];
      setsockopt(this.fd, level, option, IP_PMTUDISC_DO);
      setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    } catch (error) {
      this.fd.close();
      throw error;
    }
  }

  /** Sends so many bytes of payload. @throws KernelError, EMSGSIZE when they do not fit the link */
  send(to: Mailbox, bytes: number): void {
    send(this.fd, new Uint8Array(bytes).fill(7), 0, sockaddr(to.ip, to.port));
  }

  /** The address from which the next datagram came; undefined when none comes. */
  receiveFrom(withinMs: number = patient(WITHIN_MS)): string | undefined {
    if (!pollIn(this.fd, withinMs)) return undefined;
    const sender = { bytes: new Uint8Array(28), length: new Int32Array(1) };
    recvfrom(this.fd, new Uint8Array(65_536), 0, sender);
    return addressOf(sender.bytes, this.ip.family);
  }

  /** The size of the next datagram; undefined when none comes. */
  receive(withinMs: number = patient(WITHIN_MS)): number | undefined {
    if (!pollIn(this.fd, withinMs)) return undefined;
    try {
      return recv(this.fd, new Uint8Array(65_536));
    } catch (error) {
      // What an ICMP error says of a packet sent before.
      if (isKernelError(error)) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

/** Whether a datagram of this size gets from one namespace's address to the other's, and one back. */
export function exchanged(
  from: End,
  to: End,
  { bytes = 16, withinMs }: { readonly bytes?: number; readonly withinMs?: number } = {},
): boolean {
  using here = new Mailbox(from.netns, from.ip);
  using there = new Mailbox(to.netns, to.ip);
  try {
    here.send(there, bytes);
    if (there.receive(withinMs) !== bytes) return false;
    there.send(here, bytes);
    return here.receive(withinMs) === bytes;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

/** One end of a conversation: an address in a namespace. */
interface End {
  readonly netns: Netns;
  readonly ip: Ip;
}

const FLOOD = fileURLToPath(new URL("datagram-flood.ts", import.meta.url));

/** Sends datagrams from another process while `work` runs, and as long after; gives how many got lost. */
export async function lostDuring(
  from: End,
  to: End,
  count: number,
  work: () => Promise<void>,
): Promise<number> {
  // What is on the way is found before: packets that wait for that may be dropped.
  if (!exchanged(from, to)) throw new Error("nothing arrives even before");
  using there = new Mailbox(to.netns, to.ip);
  const child = Bun.spawn(
    startable([
      ...["nsenter", `--net=${from.netns.path}`, process.execPath, FLOOD],
      ...[from.ip.toString(), to.ip.toString(), String(there.port), String(count)],
    ]),
    { stdout: "ignore", stderr: "inherit" },
  );
  let received = there.receive(patient(FIRST_WITHIN_MS)) === undefined ? 0 : 1; // it has begun
  await work();
  if ((await child.exited) !== 0) throw new Error("the flood did not end well");
  while (received < count && there.receive(patient(LAST_WITHIN_MS)) !== undefined) received++;
  return count - received;
}

/** The address from which packets of a namespace start that go to another address. */
export function sourceTo(netns: Netns, to: Ip): string {
  using fd = netns.run(() => socket(to.family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0));
  connect(fd, sockaddr(to, 9));
  const name = getsockname(fd, 28);
  return addressOf(name, to.family);
}

function addressOf(bytes: Uint8Array, family: Family): string {
  return Ip.fromBytes(family === 4 ? bytes.subarray(4, 8) : bytes.subarray(8, 24)).toString();
}

function sockaddr(ip: Ip, port: number): Uint8Array {
  return ip.family === 4 ? inetAddress(ip.bytes, port) : inet6Address(ip.bytes, port, 0);
}
