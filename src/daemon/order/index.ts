export { Order, type Place } from "./order.ts";
