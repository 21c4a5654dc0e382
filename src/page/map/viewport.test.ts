import { expect, test } from "bun:test";
import { Viewport } from "./viewport.ts";

const seen = ({ x, y, scale }: Viewport, rect: { x: number; y: number }): [number, number] => [
  Math.round(rect.x * scale.value + x.value),
  Math.round(rect.y * scale.value + y.value),
];

test("the first time everything is in view, and then the reader decides", () => {
  const viewport = new Viewport();
  viewport.place({ width: 100, height: 100, frames: [] });
  expect(viewport.scale.value).toBe(1);
  viewport.resize(500, 400);
  viewport.place({ width: 1000, height: 400, frames: [] });
  expect(viewport.scale.value).toBe(0.5);
  expect(seen(viewport, { x: 0, y: 0 })).toEqual([0, 100]);
  viewport.pan(7, 7);
  viewport.place({ width: 9, height: 9, frames: [] });
  expect(viewport.x.value).toBe(7);
});

test("on a narrow screen the networks come first, where that makes them readable", () => {
  const phone = new Viewport();
  phone.resize(360, 600);
  const frames = [
    { x: 700, y: 20, width: 300, height: 200 },
    { x: 700, y: 240, width: 300, height: 300 },
  ];
  phone.place({ width: 1040, height: 560, frames });
  expect(phone.scale.value).toBeGreaterThan(0.9);
  expect(seen(phone, { x: 700, y: 20 })[0]).toBeGreaterThan(0);
  expect(seen(phone, { x: 1000, y: 540 })[0]).toBeLessThan(360);
  const desk = new Viewport();
  desk.resize(1000, 600);
  desk.place({ width: 1040, height: 560, frames });
  expect(seen(desk, { x: 0, y: 0 })[0]).toBe(0);
});

test("where all networks are too small on a narrow screen, it begins with the first of them", () => {
  const frames = [
    { x: 700, y: 620, width: 508, height: 560 },
    { x: 700, y: 20, width: 508, height: 560 },
    { x: 1250, y: 20, width: 508, height: 560 },
  ];
  const drawing = { width: 1800, height: 1200, frames };
  const phone = new Viewport();
  phone.resize(360, 500);
  phone.place(drawing);
  expect(phone.scale.value).toBe(0.7);
  const [left, top] = seen(phone, { x: 700, y: 20 });
  expect([left, top]).toEqual([6, 6]);
  phone.fit(drawing);
  expect(phone.scale.value).toBe(0.2);
  const desk = new Viewport();
  desk.resize(1000, 600);
  desk.place(drawing);
  expect(desk.scale.value).toBe(0.5);
});

test("everything stays in view while its element changes, until the reader has moved it", () => {
  const viewport = new Viewport();
  const drawing = { width: 1000, height: 400, frames: [] };
  viewport.resize(500, 400);
  viewport.place(drawing);
  viewport.resize(250, 400);
  expect(viewport.scale.value).toBe(0.25);
  viewport.zoom(2);
  viewport.resize(500, 400);
  expect(viewport.scale.value).toBe(0.5);
  viewport.fit(drawing);
  viewport.resize(250, 400);
  expect(viewport.scale.value).toBe(0.25);
});

test("everything stays in view while the drawing changes, until the reader has moved it", () => {
  const viewport = new Viewport();
  viewport.resize(500, 400);
  viewport.place({ width: 1000, height: 400, frames: [] });
  viewport.place({ width: 2000, height: 400, frames: [] });
  expect(viewport.scale.value).toBe(0.25);
  viewport.resize(1000, 400);
  expect(viewport.scale.value).toBe(0.5);
  viewport.pan(7, 7);
  viewport.place({ width: 500, height: 400, frames: [] });
  expect(viewport.scale.value).toBe(0.5);
});

test("what was chosen stays in view while the drawing and its element change", () => {
  const viewport = new Viewport();
  viewport.resize(500, 400);
  viewport.place({ width: 5000, height: 4000, frames: [] });
  viewport.show([{ x: 2000, y: 2000, width: 100, height: 30 }]);
  viewport.place({ width: 6000, height: 4000, frames: [] });
  viewport.resize(600, 400);
  expect(viewport.scale.value).toBe(0.7);
});

test("whoever asked for everything gets it of a changed drawing, too, however small", () => {
  const phone = new Viewport();
  phone.resize(360, 600);
  const drawing = (width: number): Parameters<Viewport["place"]>[0] => {
    return { width, height: 560, frames: [{ x: 700, y: 20, width: 300, height: 200 }] };
  };
  phone.place(drawing(1040));
  phone.fit(drawing(1040));
  phone.place(drawing(1440));
  expect(phone.scale.value).toBe(0.25);
});

test("what is chosen is enlarged until it can be read, and a long way as far as there is room", () => {
  const viewport = new Viewport();
  viewport.resize(500, 400);
  viewport.place({ width: 5000, height: 4000, frames: [] });
  viewport.show([{ x: 2000, y: 2000, width: 100, height: 30 }]);
  expect(viewport.scale.value).toBe(0.7);
  expect(seen(viewport, { x: 2050, y: 2015 })).toEqual([250, 200]);
  viewport.show([
    { x: 0, y: 0, width: 10, height: 10 },
    { x: 1910, y: 0, width: 10, height: 10 },
  ]);
  expect(viewport.scale.value).toBe(0.25);
});

test("the point under the pointer stays while the drawing grows, within bounds", () => {
  const viewport = new Viewport();
  viewport.resize(500, 400);
  viewport.zoom(2, 100, 100);
  expect(seen(viewport, { x: 100, y: 100 })).toEqual([100, 100]);
  viewport.zoom(1e9);
  viewport.zoom(1e-12);
  expect(viewport.scale.value).toBe(0.04);
});

test("what is chosen comes into view, and what is in view stays where it is", () => {
  const viewport = new Viewport();
  viewport.resize(500, 400);
  viewport.show([{ x: 100, y: 100, width: 50, height: 20 }]);
  expect(viewport.x.value).toBe(0);
  viewport.reveal({ x: 900, y: 900, width: 50, height: 20 });
  const [x, y] = seen(viewport, { x: 900, y: 900 });
  expect(x).toBeGreaterThan(0);
  expect(x).toBeLessThan(500);
  expect(y).toBeGreaterThan(0);
  expect(y).toBeLessThan(400);
  viewport.show([
    { x: 0, y: 0, width: 10, height: 10 },
    { x: 3000, y: 0, width: 10, height: 10 },
  ]);
  for (const corner of [0, 3010]) {
    const [left] = seen(viewport, { x: corner, y: 0 });
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left).toBeLessThanOrEqual(500);
  }
});
