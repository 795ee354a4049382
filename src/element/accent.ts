/**
 * The button's colour as CSS: opaque, since nobody knows how readable text is on what shines through. Empty for what is no
 * colour by itself: also for `var()`, which may hide a `url()`.
 */
export function fillOf(accent: string): string {
  // Chrome before 119, Firefox before 128 and Safari before 18 cannot choose its text: so dark that white is readable even on white.
  const fill = [`rgb(from ${accent} calc(r + 0) g b/1)`, `color-mix(in srgb,${accent} 46%,#000)`].find((color) =>
    CSS.supports('color', color),
  );
  // With `var()` in it anything may be a colour, and what is none may be one within brackets of ours.
  if (!fill || !CSS.supports('color', accent) || CSS.supports('color', `${accent} x`)) return '';
  // The text's own colour would be the button's, not that of the element.
  return fill.replaceAll(/currentcolor/gi, 'var(--_text)');
}
