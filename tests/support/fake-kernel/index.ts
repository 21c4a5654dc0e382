import { openSync } from "node:fs";
import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  Attributes,
  AttributeWriter,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  type NetlinkMessage,
  NLM_F_ACK,
  replacePorts,
} from "../../../src/kernel/netlink/index.ts";
import { NetnsGoneError, type NetnsHandle, replaceNetns } from "../../../src/kernel/netns/index.ts";
import { Errno, Fd, KernelError } from "../../../src/kernel/sys/index.ts";
import { replaceSysctls } from "../../../src/kernel/sysctl/index.ts";
import { deleteAddress, listAddresses, newAddress } from "./addresses.ts";
import { attributesOf, number } from "./attributes.ts";
import { Faults } from "./faults.ts";
import { changeNames, deleteLink, getLinks, newLink, setLink } from "./links.ts";
import { deleteNeighbour, listNeighbours, newNeighbour } from "./neighbours.ts";
import { FakeNetns } from "./netns.ts";
import { type Answer, FakePort, Refused } from "./port.ts";
import {
  defaultRules,
  deleteRoute,
  deleteRule,
  listRoutes,
  listRules,
  newRoute,
  newRule,
} from "./routes.ts";
import { type NetnsSnapshot, snapshotOf } from "./snapshot.ts";

export type { Fault } from "./faults.ts";
export { FakeNetns } from "./netns.ts";

// linux/rtnetlink.h, linux/net_namespace.h, linux/netfilter/nfnetlink.h
const RTM_GETNSID = 90;
const RTM_NEWNSID = 88;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_BATCH_GENID = 1;

/**
 * A kernel in memory, for tests of network state without privilege: namespaces with links, addresses,
 * routes, rules, neighbours, nftables and sysctls. From `install` on until it is disposed of, every socket,
 * namespace and sysctl that the product opens is this kernel's.
 *
 * What it has not: packets, events, and what a kernel makes by itself (routes of addresses, IPv6
 * addresses of links, a check whether a gateway can be reached). `same.netns.test.ts` runs one script
 * against it and against the running kernel, and compares what both answer.
 */
export class FakeKernel implements Disposable {
  readonly host: FakeNetns;
  /** What was asked, and which request is to fail. */
  readonly faults: Faults = new Faults();
  readonly #netnsByPath = new Map<string, FakeNetns>();
  readonly #netnsByDescriptor = new Map<number, FakeNetns>();
  readonly #stack = new DisposableStack();
  #current: FakeNetns;
  #count = 0;

  private constructor() {
    this.host = this.create("");
    this.#current = this.host;
  }

  static install(): FakeKernel {
    const kernel = new FakeKernel();
    kernel.#stack.use(
      replacePorts((protocol) => {
        const here = kernel.#current;
        return kernel.faults.meet("socket", () => {
          if (protocol === NETLINK_ROUTE) return kernel.#routePort(here);
          if (protocol === NETLINK_NETFILTER) return kernel.#filterPort(here);
          throw new KernelError("socket", Errno.EPROTONOSUPPORT);
        });
      }),
    );
    kernel.#stack.use(
      replaceNetns({
        open: (path) => kernel.faults.meet("open", () => kernel.#open(kernel.#present(path))),
        current: () => kernel.faults.meet("open", () => kernel.#open(kernel.#current)),
      }),
    );
    kernel.#stack.use(
      replaceSysctls({
        read: (path) => kernel.faults.meet("read", () => kernel.#sysctl(path)),
        write: (path, value) =>
          kernel.faults.meet("write", () => {
            kernel.#sysctl(path);
            kernel.#current.sysctls.set(path, value);
          }),
      }),
    );
    return kernel;
  }

  /** Makes a namespace that `Netns.open(path)` finds. */
  create(path: string): FakeNetns {
    this.#count++;
    const made = new FakeNetns(path, this.#count);
    made.rules.push(...defaultRules());
    if (path !== "") this.#netnsByPath.set(path, made);
    return made;
  }

  /** Takes a namespace away, with its links and the host's ends of their pairs. */
  remove(path: string): void {
    const gone = this.#present(path);
    this.#netnsByPath.delete(path);
    gone.end();
  }

  /**
   * All that there is: under "" the host's namespace, the others by their path.
   * @param layouts False leaves out of nftables all but the elements of sets.
   */
  snapshot({ layouts = true }: { readonly layouts?: boolean } = {}): Record<string, NetnsSnapshot> {
    const all: [string, FakeNetns][] = [["", this.host], ...this.#netnsByPath];
    return Object.fromEntries(all.map(([path, netns]) => [path, snapshotOf(netns, layouts)]));
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #present(path: string): FakeNetns {
    const found = this.#netnsByPath.get(path);
    if (found === undefined) throw new NetnsGoneError(path);
    return found;
  }

  /** A descriptor of its own for each opening, since its opener closes it. */
  #open(netns: FakeNetns): NetnsHandle {
    const fd = new Fd(openSync("/dev/null", "r"));
    this.#netnsByDescriptor.set(fd.number, netns);
    return {
      fd,
      dev: 4n,
      ino: netns.ino,
      cookie: netns.cookie,
      run: (action) => {
        this.faults.meet("setns", () => undefined);
        return this.#visit(netns, action);
      },
    };
  }

  #visit<T>(netns: FakeNetns, action: () => T): T {
    const before = this.#current;
    this.#current = netns;
    try {
      return action();
    } finally {
      this.#current = before;
    }
  }

  #sysctl(path: string): string {
    const value = this.#current.sysctl(path);
    if (value === undefined) throw new KernelError(`open ${path}`, Errno.ENOENT);
    return value;
  }

  #netnsOf(descriptor: number): FakeNetns {
    const found = this.#netnsByDescriptor.get(descriptor);
    if (found === undefined) throw new Refused(Errno.EINVAL);
    return found;
  }

  #routePort(here: FakeNetns): FakePort {
    return new FakePort(this.#count++, this.faults, (messages, port) => {
      for (const message of messages) {
        const handle = (one: NetlinkMessage, isDump: boolean): readonly Answer[] =>
          this.#route(here, one, isDump);
        // Of four numbers of a family, the third one asks.
        port.answer(message, handle, (type) => (type & 3) === 2);
      }
    });
  }

  #route(here: FakeNetns, message: NetlinkMessage, isDump: boolean): readonly Answer[] {
    const world = { netnsOf: (descriptor: number): FakeNetns => this.#netnsOf(descriptor) };
    if (message.type === RTM_GETNSID) return [this.#netnsId(here, message)];
    if (message.type === 16) return newLink(here, message, world);
    if (message.type === 18) return getLinks(here, message, isDump);
    if (message.type === 22) return listAddresses(here, message);
    if (message.type === 26) return listRoutes(here, message);
    if (message.type === 30) return listNeighbours(here, message);
    if (message.type === 34) return listRules(here, message);
    const change = CHANGES.get(message.type);
    if (message.type === 19) setLink(here, message, world);
    else if (change === undefined) throw new Refused(Errno.EOPNOTSUPP);
    else change(here, message);
    return [];
  }

  #netnsId(here: FakeNetns, { payload }: NetlinkMessage): Answer {
    const other = this.#netnsOf(number(attributesOf(payload, 4).get(NETNSA_FD)) ?? -1);
    const writer = new AttributeWriter(new ByteWriter().u32(0));
    writer.i32(NETNSA_NSID, here.knownNetnsId(other));
    return { type: RTM_NEWNSID, payload: writer.finish() };
  }

  #filterPort({ ruleset }: FakeNetns): FakePort {
    return new FakePort(this.#count++, this.faults, (messages, port) => {
      const [begin] = messages;
      if (begin?.type === NFNL_MSG_BATCH_BEGIN) {
        const wanted = Attributes.parse(begin.payload.subarray(4)).be32(NFNL_BATCH_GENID);
        if (wanted !== undefined && wanted !== ruleset.generation) {
          port.acknowledge(begin, Errno.ERESTART);
        } else ruleset.transact(() => commit(ruleset, messages, port));
        return;
      }
      for (const message of messages) {
        const handle = (one: NetlinkMessage, isDump: boolean): Answer[] => ruleset.ask(one, isDump);
        // Of three numbers of a kind of object, the second one asks.
        port.answer(message, handle, (type) => (type & 0xff) % 3 === 1);
      }
    });
  }
}

/** Works off the commands; true when none was refused. The kernel tells of all refusals. */
function commit(
  ruleset: FakeNetns["ruleset"],
  messages: readonly NetlinkMessage[],
  port: FakePort,
): boolean {
  let isFine = true;
  for (const message of messages) {
    if (message.type === NFNL_MSG_BATCH_BEGIN || message.type === NFNL_MSG_BATCH_END) continue;
    try {
      ruleset.command(message);
      if ((message.flags & NLM_F_ACK) !== 0) port.acknowledge(message, 0);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      isFine = false;
      port.acknowledge(message, error.errno);
    }
  }
  return isFine;
}

/** What changes something and answers nothing, by its RTM_ number. */
const CHANGES: ReadonlyMap<number, (here: FakeNetns, message: NetlinkMessage) => void> = new Map([
  [17, deleteLink],
  [20, newAddress],
  [21, deleteAddress],
  [24, newRoute],
  [25, deleteRoute],
  [28, newNeighbour],
  [29, deleteNeighbour],
  [32, newRule],
  [33, deleteRule],
  [108, (here: FakeNetns, message: NetlinkMessage) => changeNames(here, message, true)],
  [109, (here: FakeNetns, message: NetlinkMessage) => changeNames(here, message, false)],
]);
