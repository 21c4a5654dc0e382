import { connect } from "node:net";

/** Connects again and again, `connector HOST PORT COUNT`, and prints how long each took, as JSON. */

const [host = "", port = "", count = ""] = process.argv.slice(2);
const WARM_UP = 20;
const LIMIT_MS = 10_000;

async function once(): Promise<number> {
  const before = performance.now();
  return await new Promise<number>((resolve, reject) => {
    const socket = connect({ host, port: Number(port) });
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no connection in ${LIMIT_MS} ms`)));
    socket.on("error", reject);
    socket.on("connect", () => {
      const ms = performance.now() - before;
      socket.destroy();
      resolve(ms);
    });
  });
}

const times: number[] = [];
for (let at = -WARM_UP; at < Number(count); at++) {
  const ms = await once();
  if (at >= 0) times.push(ms);
}
console.log(JSON.stringify(times));
process.exit(0);
