/** One real packet, sent from inside a container and followed. */
export { followPacket, type PacketQuestion } from "./follow.ts";
export { storyJson } from "./json.ts";
export { storyLines } from "./lines.ts";
export type {
  PacketAnswer,
  PacketDirection,
  PacketDrop,
  PacketEvent,
  PacketPlace,
  PacketRoute,
  PacketStory,
  SentPacket,
} from "./story.ts";
