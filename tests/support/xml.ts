/** Reads XML 1.0 as strictly as a parser has to, of what a report needs: elements, attributes and text. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const FORBIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;
const TOKEN =
  /<\?xml[^?]*\?>|<\/([\w.-]+)>|<([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<>]+)/gy;
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" },
};

/** @throws Error where the text is not well-formed */
export function parseXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new Error("a character that XML has no place for");
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    at = match.index + match[0].length;
    const [, closed, name, attributes = "", selfClosed, content] = match;
    const top = open.at(-1) ?? root;
    if (content !== undefined) {
      top.text += decoded(content);
    } else if (closed !== undefined) {
      if (open.pop()?.name !== closed) throw new Error(`</${closed}> closes nothing`);
    } else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      top.children.push(element);
      if (selfClosed !== "/") open.push(element);
    }
  }
  if (at !== text.length) throw new Error(`not well-formed: ${text.slice(at, at + 40)}`);
  const [only, ...more] = root.children;
  if (open.length !== 1 || only === undefined || more.length > 0) throw new Error("no one root");
  return only;
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.-]+)="([^"]*)"/gu)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, decoded(value)]));
}

function decoded(text: string): string {
  return text.replaceAll(/&(#\d+|\w+)?;?/gu, (reference, name: string | undefined) => {
    if (name?.startsWith("#") === true) return String.fromCodePoint(Number(name.slice(1)));
    const character = ENTITIES[name ?? ""];
    if (character === undefined || !reference.endsWith(";")) throw new Error(`bad ${reference}`);
    return character;
  });
}

/** All elements of a name, at any depth. */
export function elements(root: XmlElement, name: string): XmlElement[] {
  const below = root.children.flatMap((child) => elements(child, name));
  return root.name === name ? [root, ...below] : below;
}
