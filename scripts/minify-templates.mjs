import { transform } from 'esbuild';

/** For Vite: takes the white space out of Lit's templates, which minifiers leave alone. */
export const minifyTemplates = () => ({
  name: 'minify-templates',
  async transform(code, id) {
    const [, css] = /css`([^`]*)`/.exec(id.endsWith('/element/styles.ts') ? code : '') ?? [];
    if (!css) return undefined;
    const minified = await transform(css, { loader: 'css', minify: true, target: 'chrome114' });
    return { code: code.replace(css, () => minified.code.trim().replaceAll('\\', '\\\\')), map: null };
  },
  // In minified code the only line breaks are those in templates.
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk')
        chunk.code = chunk.code
          .replace(/\s*\n\s*/g, ' ')
          .replaceAll('> <', '><')
          .trim();
    }
  },
});
