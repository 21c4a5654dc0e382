import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { RangeList } from "./list.tsx";
import { RangeView } from "./range.tsx";

/** All ranges; or one, by its number. */
export function RangesView(): VNode {
  const [number] = usePage().location.value.parts;
  return number === undefined || !/^\d{1,6}$/u.test(number) ? (
    <RangeList />
  ) : (
    <RangeView number={Number(number)} />
  );
}
