/** The door of the room `cli`. */
export {};
