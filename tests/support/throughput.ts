/**
 * Measures how fast bytes come through a TCP connection. As a program: `throughput.ts send PORT`
 * sends to each client, for as long as that reads, until its standard input ends;
 * `throughput.ts receive HOST PORT WARM-UP MEASURED` prints the bytes a second of an interval.
 */
import type { Container } from "./host.ts";

/** How long is waited, until what was saved up in a bucket is gone, and then measured. */
export interface Interval {
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

const STEADY: Interval = { warmUpMs: 1000, measuredMs: 2000 };
const PIECE = new Uint8Array(64 * 1024);

function inside(where: Container | undefined): string[] {
  return where === undefined ? [] : ["nsenter", `--net=${where.netns}`, "--"];
}

/** Bytes a second from a sender to a receiver; undefined stands for the host. */
export async function throughput(
  sender: Container | undefined,
  receiver: Container | undefined,
  address: string,
  port: number,
  interval: Interval = STEADY,
): Promise<number> {
  const program = [process.execPath, import.meta.filename];
  const source = Bun.spawn([...inside(sender), ...program, "send", String(port)], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  try {
    await source.stdout.getReader().read(); // it listens
    const times = [interval.warmUpMs, interval.measuredMs].map(String);
    const argv = [...inside(receiver), ...program, "receive", address, String(port), ...times];
    const sink = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    return Number(await new Response(sink.stdout).text());
  } finally {
    source.kill("SIGKILL");
    await source.exited;
  }
}

function send(port: number): void {
  const pour = (socket: Bun.Socket): void => {
    while (socket.write(PIECE) === PIECE.length);
  };
  Bun.listen({
    ...{ hostname: "0.0.0.0", port },
    socket: { open: pour, drain: pour, data: () => {}, error: () => {} },
  });
  console.log("listening");
}

async function receive(hostname: string, port: number, interval: Interval): Promise<number> {
  let bytes = 0;
  const data = (_socket: Bun.Socket, chunk: Uint8Array): void => {
    bytes += chunk.length;
  };
  await Bun.connect({ hostname, port, socket: { data } });
  await Bun.sleep(interval.warmUpMs);
  const [before, start] = [bytes, performance.now()];
  await Bun.sleep(interval.measuredMs);
  return ((bytes - before) * 1000) / (performance.now() - start);
}

if (import.meta.main) {
  const [way, first = "", second = "", ...times] = process.argv.slice(2);
  if (way === "send") {
    send(Number(first));
    await Bun.stdin.text();
    process.exit(0);
  }
  const [warmUpMs = 0, measuredMs = 0] = times.map(Number);
  console.log(await receive(first, Number(second), { warmUpMs, measuredMs }));
  process.exit(0);
}
