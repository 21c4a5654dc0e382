/** The story of a packet for people. */
import type { Ip } from "../../addr/index.ts";
import type { PacketAnswer, PacketDrop, PacketEvent, PacketRoute, PacketStory } from "./story.ts";

/** A line for each thing that happened, in order; the last ones say how it ended. */
export function storyLines(story: PacketStory): string[] {
  const { packet, routes, events, drops, answer, droppedBy, missing } = story;
  const from = at(packet.source, packet.sourcePort);
  const to = at(packet.destination, packet.destinationPort);
  const what =
    packet.protocol === "tcp" ? "the first packet of a TCP connection" : "a UDP datagram";
  return [
    `sent: ${what} from ${from} to ${to}`,
    ...routes.map(routeText),
    ...events.filter(({ type }) => type !== "packet").map(eventText),
    ...drops.map(dropText),
    ...missing.map((text) => `not looked at: ${text}`),
    answerText(answer),
    ...(droppedBy === undefined ? [] : [`dropped in the ${placeText(droppedBy)}`]),
  ];
}

function routeText({ place, destination, input, way, refusal }: PacketRoute): string {
  const begin = `route in the ${place}${input === undefined ? "" : ` from ${input}`}`;
  if (way === undefined) return `${begin}: none to ${destination}: ${refusal ?? ""}`;
  if (way.isLocal) return `${begin}: ${destination} is local there`;
  const parts = [
    way.gateway === undefined ? "directly" : `by ${way.gateway}`,
    ...(way.output === undefined ? [] : [`over ${way.output}`]),
    `table ${way.table}`,
    ...(way.mtu === undefined ? [] : [`MTU ${way.mtu}`]),
  ];
  return `${begin}: to ${destination} ${parts.join(", ")}`;
}

function eventText(event: PacketEvent): string {
  const { direction, verdict, target } = event;
  const begin = direction === "answer" ? "answer, " : "";
  const end = target === undefined ? verdict : `${verdict} ${target}`;
  return `${begin}${placeText(event)}: ${end}`;
}

function placeText({ place, family, table, chain, type, rule, handle }: PacketEvent): string {
  const where = `${place}, table ${family} ${table}, chain ${chain}`;
  if (type === "policy") return `${where}, policy`;
  if (type === "return") return `${where}, end`;
  return `${where}, rule ${handle ?? ""}${rule === undefined ? "" : ` (${rule})`}`;
}

function dropText({ direction, place, reason }: PacketDrop): string {
  const what = direction === "answer" ? "the answer" : "the packet";
  const why = reason === undefined ? "" : `, reason ${reason}`;
  return `the kernel dropped ${what} in ${place}${why}`;
}

function answerText(answer: PacketAnswer): string {
  switch (answer.kind) {
    case "answered":
      return `an answer came after ${answer.ms.toFixed(1)} ms`;
    case "refused":
      return `it was refused after ${answer.ms.toFixed(1)} ms: nothing listens there, or a rule rejects it`;
    case "unreachable":
      return `it cannot be delivered: ${answer.text}`;
    case "forbidden":
      return "the container's own packet filter does not let it out";
    case "silent":
      return `no answer came in ${Math.round(answer.ms)} ms`;
  }
}

function at(ip: Ip, port: number): string {
  return ip.family === 4 ? `${ip}:${port}` : `[${ip}]:${port}`;
}
