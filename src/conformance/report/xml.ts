import { printable } from "../../base/index.ts";

/** Text inside XML 1.0, which has no place for most control characters, not even as references. */
export function xmlText(text: string): string {
  return printable(text)
    .replaceAll(/[\uFFFE\uFFFF]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** The same in quotes; a parser would make blanks of the ends of lines. */
export function xmlAttribute(text: string): string {
  return xmlText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
