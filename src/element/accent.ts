/** Text on the accent where the page says nothing else. */
const light = '#fff';
const dark = '#14151a';

/** The better readable of two text colours on a background (WCAG 2.2 contrast). Unknown notations give white. */
export function textOn(color: string): string {
  // A canvas writes any sRGB colour as #rrggbb.
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return light;
  context.fillStyle = color;
  const [, ...pairs] = /^#(..)(..)(..)$/.exec(String(context.fillStyle)) ?? [];
  if (pairs.length === 0) return light;
  const [red = 0, green = 0, blue = 0] = pairs.map((pair) => {
    const value = Number.parseInt(pair, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  // Where white and the dark text have the same contrast.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.188 ? dark : light;
}
