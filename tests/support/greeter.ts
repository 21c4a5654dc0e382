/**
 * A TCP server and client for tests. As a program: `greeter.ts serve NAME PORT` answers each
 * connection with `NAME PEER-ADDRESS` and closes, until its standard input ends (so it never
 * outlives its test); `greeter.ts ask HOST PORT` prints that answer.
 */

/** Connects, reads until the other side closes, and returns what it said. */
export async function ask(host: string, port: number, timeoutMs = 3000): Promise<string> {
  const answer = Promise.withResolvers<string>();
  let said = "";
  const timer = setTimeout(() => {
    answer.reject(new Error(`${host} port ${port}: no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    const socket = await Promise.race([
      Bun.connect({
        hostname: host,
        port,
        socket: {
          data: (_socket, bytes) => {
            said += bytes.toString();
          },
          close: () => answer.resolve(said.trim()),
          error: (_socket, error) => answer.reject(error),
          connectError: (_socket, error) => answer.reject(error),
        },
      }),
      answer.promise.then(() => undefined),
    ]);
    const text = await answer.promise;
    socket?.end();
    return text;
  } finally {
    clearTimeout(timer);
  }
}

function serve(name: string, port: number): void {
  for (const hostname of ["0.0.0.0", "::"]) {
    try {
      Bun.listen({
        hostname,
        port,
        ...(hostname === "::" ? { ipv6Only: true } : {}),
        socket: {
          open: (socket) => {
            socket.end(`${name} ${socket.remoteAddress}\n`);
          },
          data: () => {},
        },
      });
    } catch (error) {
      if (hostname === "0.0.0.0") throw error;
    }
  }
  console.log("ready");
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}

if (import.meta.main) {
  const [verb, first = "", port = ""] = process.argv.slice(2);
  if (verb === "serve") {
    serve(first, Number(port));
  } else if (verb === "ask") {
    try {
      console.log(await ask(first, Number(port)));
      process.exit(0);
    } catch (error) {
      console.error(String(error));
      process.exit(1);
    }
  } else {
    console.error("usage: greeter.ts serve NAME PORT | ask HOST PORT");
    process.exit(2);
  }
}
