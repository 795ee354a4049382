import { transform } from 'esbuild';
import { minify } from 'terser';

/**
 * For Vite: what its own minifier leaves: white space in Lit's templates, the last percent, and what Lit says to and asks
 * of the page's globals (our copy is nobody else's business, and every browser of our baseline has style sheets to adopt).
 */
export const minifyScript = () => ({
  name: 'minify-script',
  async transform(code, id) {
    if (
      /node_modules\/(lit-html\/lit-html|lit-element\/lit-element|@lit\/reactive-element\/(reactive-element|css-tag))\.js/.test(
        id,
      )
    ) {
      const quiet = code
        .replace(/\w\.\w+(Polyfill|Hydrate)Support\b/g, 'null')
        .replace(/\w\.ShadowRoot&&.*?CSSStyleSheet\.prototype/, 'true')
        .replace(/\(\w\.\w+Versions\?\?=\[\]\)\.push\("[^"]*"\)/g, 'null');
      if (quiet === code) throw new Error(`${id} has changed: look at scripts/minify-script.mjs.`);
      return { code: quiet, map: null };
    }
    const [, css] = /css`([^`]*)`/.exec(id.endsWith('/element/styles.ts') ? code : '') ?? [];
    if (!css) return undefined;
    const minified = await transform(css, { loader: 'css', minify: true, target: 'chrome114' });
    return { code: code.replace(css, () => minified.code.trim().replaceAll('\\', '\\\\')), map: null };
  },
  async generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      // In minified code the only line breaks are those in templates.
      const code = chunk.code
        .replace(/\s*\n\s*/g, ' ')
        // Not between two backticks: that is a string.
        .replace(/> (?=[<`])|` (?=<)/g, ([first]) => first)
        .trim();
      const options = {
        module: true,
        compress: { passes: 3, ecma: 2022 },
        format: { ecma: 2022 },
      };
      chunk.code = (await minify(code, options)).code;
    }
  },
});
