/** The door of the room `plugins/tuning`. */
export {};
