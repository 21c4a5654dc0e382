/** Sends so many small UDP datagrams, some each millisecond: flood.ts FROM TO PORT COUNT. */
const [from = "", to = "", port = "", count = ""] = process.argv.slice(2);
const EACH_TURN = 5;
const TURN_MS = 1;

// An error of the network, as the kernel reports it of a packet before, ends nothing.
const socket = await Bun.udpSocket({ hostname: from, socket: { error: () => undefined } });
for (let sent = 0; sent < Number(count); ) {
  const turn = Math.min(EACH_TURN, Number(count) - sent);
  for (let at = 0; at < turn; at++) {
    try {
      while (!socket.send(`packet ${sent + at}`, Number(port), to)) await Bun.sleep(TURN_MS);
    } catch {
      // No route, as the kernel says of a packet before: one more that does not arrive.
    }
  }
  sent += turn;
  await Bun.sleep(TURN_MS);
}
socket.close();
