/** `hawser ui`: the node's network in a browser, for as long as the command runs. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createColors } from "picocolors";
import { type DoorAddress, newToken, type PageFile, respondAtDoor } from "../../api/door/index.ts";
import { Api } from "../../api/index.ts";
import { errorText, shellWord } from "../../base/index.ts";
import { answerPatiently, IDLE_SECONDS, placeSocket } from "../../daemon/accept/index.ts";
import { pinThreadNetns } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { isListening, untilAborted } from "../../state/index.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { compileAsUsual } from "../jit.ts";
import { pageFiles } from "../page.ts";
import { type CommonOptions, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { surroundingsOf } from "../surroundings.ts";

/** What `ui` has beside the common options. */
export interface UiOptions extends Omit<CommonOptions, "port"> {
  readonly port?: number;
  readonly socket?: string;
}

const LOOPBACK = "127.0.0.1";
/** Questions have no body. */
const BOUNDS = { maxRequestBodySize: 1024, development: false } as const;

/** `hawser ui` */
export async function runUi(io: CliIo, { port, ...options }: UiOptions): Promise<number> {
  const session = new Session(io, options, "UI");
  const { signal, [Symbol.dispose]: end } = untilHangup(io.signal);
  const code = await session.run(async () => {
    if (port !== undefined && options.socket !== undefined) {
      throw new UsageError("--port and --socket contradict each other");
    }
    compileAsUsual();
    // Containers are looked into: what serves stays in this namespace.
    using _pinned = io.isRoot === false ? undefined : pinThreadNetns();
    using api = new Api(surroundingsOf(session, "ui"));
    const served = { api, token: newToken(), page: await pageFiles() };
    using door =
      options.socket === undefined
        ? atPort(served, port)
        : atSocket(served, resolve(io.cwd, options.socket));
    tell(session, door, served.token);
    await untilAborted(signal);
  });
  end();
  if (code !== ExitCode.DONE) return code;
  return io.signal.reason === "SIGINT" ? ExitCode.INTERRUPTED : ExitCode.TERMINATED;
}

interface Served {
  readonly api: Api;
  readonly token: string;
  readonly page: ReadonlyMap<string, PageFile>;
}

/** A door that is open. */
interface Door extends Disposable {
  /** `http://127.0.0.1:4711`, or `http://localhost` behind a socket. */
  readonly origin: string;
  readonly socket?: string;
}

/** At a port of the loopback address; one of the kernel's choice where none is named. */
function atPort(served: Served, port = 0): Door {
  try {
    let place: DoorAddress | undefined;
    const server = Bun.serve({
      ...{ hostname: LOOPBACK, port, idleTimeout: IDLE_SECONDS, ...BOUNDS },
      // Bun's default shares a port among processes where its pages of errors are off.
      reusePort: false,
      fetch: async (request, own) => {
        place ??= { kind: "address", host: `${LOOPBACK}:${own.port}` };
        return await answerOf(request, own, { ...served, place });
      },
    });
    const origin = `http://${LOOPBACK}:${server.port}`;
    return { origin, [Symbol.dispose]: () => void server.stop(true) };
  } catch (error) {
    const text = `${LOOPBACK}:${port} cannot be listened at: ${errorText(error)}`;
    throw new CniError(ErrorCode.IO_FAILURE, text, { cause: error });
  }
}

/** At a Unix socket that its owner alone can open. */
function atSocket(served: Served, path: string): Door {
  requireFree(path);
  const doing = new DisposableStack();
  const placed = placeSocket(path, (unix) => {
    const server = Bun.serve({
      ...{ unix, ...BOUNDS },
      fetch: async (request, own) =>
        await answerOf(request, own, { ...served, place: { kind: "socket" } }),
    });
    doing.defer(() => void server.stop(true));
  });
  doing.use(placed);
  return { origin: "http://localhost", socket: path, [Symbol.dispose]: () => doing.dispose() };
}

async function answerOf(
  request: Request,
  server: Bun.Server<undefined>,
  options: Served & { readonly place: DoorAddress },
): Promise<Response> {
  return await answerPatiently(request, server, async () => await respondAtDoor(request, options));
}

/** @throws CniError for a path that cannot be, or at which anything is but the socket of a program that has ended */
function requireFree(path: string): void {
  const directory = dirname(path);
  if (!existsSync(directory)) {
    throw new CniError(ErrorCode.IO_FAILURE, `there is no directory ${directory}`);
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new CniError(ErrorCode.IO_FAILURE, `${path} exists and is no socket`);
  }
  if (isListening(path)) {
    throw new CniError(ErrorCode.IO_FAILURE, `another program listens at ${path}`);
  }
}

/** The token stands behind `#`, which browsers do not send. */
function tell(session: Session, { origin, socket }: Door, token: string): void {
  const address = `${origin}/#token=${token}`;
  if (session.json) {
    session.answer({ address, token, ...(socket === undefined ? {} : { socket }) });
    return;
  }
  const { bold, dim } = createColors(session.io.stdout.color);
  if (socket === undefined) {
    session.say(`open ${bold(address)}`);
  } else {
    session.say(`listens at ${bold(socket)}; from another machine:`);
    session.say(`  ssh -L ${shellWord(`8080:${socket}`)} HOST`);
    session.say(`  and open http://localhost:8080/#token=${token}`);
  }
  session.say(dim("it shows, and changes nothing; Ctrl-C ends it"));
}

/** Aborted by the signal, and when the terminal is gone; not under nohup, which has that ignored. */
function untilHangup(signal: AbortSignal): { readonly signal: AbortSignal } & Disposable {
  if (ignoresHangup()) return { signal, [Symbol.dispose]: () => undefined };
  const hangup = new AbortController();
  const abort = (): void => hangup.abort("SIGHUP");
  process.on("SIGHUP", abort);
  return {
    signal: AbortSignal.any([signal, hangup.signal]),
    [Symbol.dispose]: () => void process.off("SIGHUP", abort),
  };
}

/** By the mask of ignored signals, whose lowest bit is that of SIGHUP. */
function ignoresHangup(): boolean {
  const [, mask = "0"] =
    /^SigIgn:\s*([0-9a-f]+)$/mu.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
