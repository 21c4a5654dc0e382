import { PLUGIN_NAMES, ROOMS, type Room } from "./rooms.ts";
import { withPart } from "./written-part.ts";

/** The table of rooms in docs/architecture.md, written from the table by which the code is judged. */

export const ARCHITECTURE = "docs/architecture.md";

const PART = {
  begin: "<!-- rooms: written by `npm run projects` -->",
  end: "<!-- end of rooms -->",
};

/** The document with the table as it should be; throws when its place is not marked. */
export function withRooms(document: string): string {
  return withPart(document, PART, roomTable());
}

function roomTable(): string {
  const rows = ROOMS.map((room) => {
    return `| \`src/${room.name}\` | ${room.purpose} | ${platformWord(room)} | ${importList(room)} |`;
  });
  return [
    "| room | what lives there | runs on | may import |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function platformWord({ platform }: Room): string {
  return { pure: "anything", node: "Node, Bun", bun: "Bun", browser: "browsers" }[platform];
}

/** Groups that are imported whole get one word; `base` is open to every room. */
function importList({ imports }: Room): string {
  const kernel = ROOMS.map(({ name }) => name).filter((name) => name.startsWith("kernel/"));
  const plugins = PLUGIN_NAMES.map((name) => `plugins/${name}`);
  const particular = imports.filter((name) => name !== "base");
  const words = collapse(collapse(particular, kernel, "kernel/*"), plugins, "plugins/*");
  return words.length === 0 ? "–" : words.join(", ");
}

function collapse(list: readonly string[], group: readonly string[], word: string): string[] {
  const [first] = group;
  if (first === undefined || !group.every((name) => list.includes(name))) return [...list];
  return list.flatMap((name) => {
    if (name === first) return [word];
    return group.includes(name) ? [] : [name];
  });
}
