/** The story of a packet for programs. */
import { defined } from "../../base/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { PacketEvent, PacketRoute, PacketStory } from "./story.ts";

/** All of it, in a form of its own: docs/cli.schema.json has it as `packet`. */
export function storyJson(story: PacketStory): JsonObject {
  const { packet, routes, events, drops, answer, droppedBy, missing } = story;
  const { protocol, source, sourcePort, destination, destinationPort } = packet;
  return {
    ...{ protocol, source: source.toString(), sourcePort },
    ...{ destination: destination.toString(), destinationPort },
    routes: routes.map(routeJson),
    events: events.map(eventJson),
    drops: drops.map((drop) => ({ ...drop })),
    answer: { ...answer },
    ...defined({ droppedBy: droppedBy && eventJson(droppedBy) }),
    missing: [...missing],
  };
}

function routeJson({ place, destination, input, way, refusal }: PacketRoute): JsonObject {
  const { isLocal, table, output, gateway, mtu } = way ?? {};
  return {
    ...{ place, destination: destination.toString() },
    ...defined({ input, isLocal, table, output, gateway: gateway?.toString(), mtu, refusal }),
  };
}

function eventJson({ handle, ...event }: PacketEvent): JsonObject {
  return { ...event, ...defined({ handle: handle === undefined ? undefined : Number(handle) }) };
}
