/** Chosen by nobody: still there after the attempt to set a colour that is none. */
const unset = '#010203';

/**
 * Black or white, whichever is better to read on a colour: at least 4.5:1 (WCAG 2.2), since at a luminance of 0.179 both
 * are 4.58:1. Undefined for what is no colour by itself: also for `var()`, which may hide a `url()`.
 */
export function textOn(color: string): string | undefined {
  const context = document.createElement('canvas').getContext('2d')!;
  context.fillStyle = unset;
  context.fillStyle = color;
  if (context.fillStyle === unset) return undefined;
  // Brings every notation to `color(srgb 0.5 0.25 1)`; in Firefox to `#8040ff`.
  context.fillStyle = `color-mix(in srgb, ${color}, ${color})`;
  const shares = context.fillStyle.startsWith('#')
    ? context.fillStyle.match(/[\da-f]{2}/g)!.map((hex) => parseInt(hex, 16) / 255)
    : (context.fillStyle.match(/-?\d[\d.]*(e-\d+)?/g) ?? []).map(Number);
  // Near 0.179 the sRGB curve and this power differ by less than 0.003.
  const [red, green, blue, alpha] = shares.map((share) => Math.max(0, share) ** 2.22);
  // What lies under a translucent colour is the page's, so no text is safe on it.
  if (alpha !== undefined) return undefined;
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.179 ? '#000' : '#fff';
}
