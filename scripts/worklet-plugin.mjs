import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles a file and all it imports into one script; a worklet's is a classic one. */
export async function bundleFile(file, format = 'iife') {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    format,
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].text.trim();
}

/** The module that `import { readSource, url } from './x.worklet.ts?worklet'` gets. */
const moduleText = (file, folder, source) => {
  const name = path.basename(file, '.ts');
  // The comment is for our own build, and goes with it: what bundlers see is an asset to copy.
  const url = `new URL(/* @vite-ignore */ ${JSON.stringify(`${folder}${name}.js`)}, import.meta.url).href`;
  const read =
    source === undefined
      ? 'async (file) => { const answer = await fetch(file); if (!answer.ok) throw new Error(`${answer.status}`); return answer.text(); }'
      : `async () => ${JSON.stringify(source)}`;
  return `export const readSource = ${read};\nexport const url = ${url};\n`;
};

/**
 * For Vite: a worklet as the URL of a file beside the script, and a way to its source text.
 * @param folder - Where that file is, seen from the script: `./` or `../`.
 * @param isInline - Whether the text is in the script (for bundlers, which may lose the file); else the file is read.
 */
export const worklet = ({ folder = './', isInline = false } = {}) => ({
  name: 'worklet',
  enforce: 'pre',
  async resolveId(id, importer) {
    if (!id.endsWith('?worklet')) return undefined;
    const file = path.resolve(path.dirname(importer), id.slice(0, -'?worklet'.length));
    return `\0${path.relative(root, file)}.js?worklet`;
  },
  async load(id) {
    if (!id.startsWith('\0') || !id.endsWith('.js?worklet')) return undefined;
    const file = path.join(root, id.slice(1, -'.js?worklet'.length));
    this.addWatchFile(file);
    return { code: moduleText(file, folder, isInline ? await bundleFile(file) : undefined), moduleType: 'js' };
  },
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      const marked = /new URL\(\s*\/\* @vite-ignore \*\/\s*("[^"]+"),\s*import\.meta\.url\s*\)/;
      if (chunk.type === 'chunk') chunk.code = chunk.code.replace(marked, 'new URL($1, import.meta.url)');
    }
  },
});

/** The same for the test runner's server. The file beside the script is served as well. */
export const workletForTests = () => ({
  name: 'worklet',
  async serve({ path: urlPath, URL: url }) {
    const file = path.join(root, urlPath);
    if (url.searchParams.has('worklet')) {
      return { body: moduleText(file, './', await bundleFile(file)), type: 'js' };
    }
    if (urlPath.endsWith('.worklet.js')) {
      return { body: await bundleFile(file.replace(/\.js$/, '.ts')), type: 'js' };
    }
    return undefined;
  },
});
