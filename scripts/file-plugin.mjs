import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles a file and all it imports into one script; a worklet's and a worker's is a classic one. */
export async function bundleFile(file, format = 'iife') {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    format,
    target: 'es2022',
    write: false,
    plugins: [besideForEsbuild],
  });
  return outputFiles[0].text.trim();
}

/**
 * The same 2 to 4 % smaller when compressed, for which it takes much longer: esbuild leaves the constants of files that import something
 * where they are.
 */
export async function bundleLean(file, format = 'iife') {
  const options = { module: format === 'esm', compress: { passes: 3, ecma: 2022 }, format: { ecma: 2022 } };
  return (await minify(await bundleFile(file, format), options)).code;
}

/**
 * The module that `import { readSource, url } from './x.ts?file'` gets.
 * @param text - Name of a module that has the file's text as `text`; without one the file is read.
 */
const moduleText = (file, folder, text) => {
  const name = path.basename(file, '.ts');
  // The comment is for our own build, and goes with it: what bundlers see is an asset to copy.
  const url = `new URL(/* @vite-ignore */ ${JSON.stringify(`${folder}${name}.js`)}, import.meta.url).href`;
  const read =
    text === undefined
      ? 'async (file) => { const answer = await fetch(file); if (!answer.ok) throw new Error(`${answer.status}`); return answer.text(); }'
      : `async () => (await import(${JSON.stringify(text)})).text`;
  return `export const readSource = ${read};\nexport const url = ${url};\n`;
};

/** For esbuild, where it bundles a file that lies beside the worklet and the worker. */
const besideForEsbuild = {
  name: 'files',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?file$/ }, ({ path: id }) => ({ path: path.basename(id, '?file'), namespace: 'beside' }));
    onLoad({ filter: /./, namespace: 'beside' }, ({ path: file }) => ({ contents: moduleText(file, './') }));
  },
};

/**
 * For Vite: what is not in the script as the URL of a file beside it, and a way to its source text.
 * @param folder - Where that file is, seen from the script: `./` or `../`.
 * @param isInline - Whether the text is there as a module, imported at need (for bundlers, which may lose the file); else the
 *   file is read.
 */
export const files = ({ folder = './', isInline = false } = {}) => ({
  name: 'files',
  enforce: 'pre',
  async resolveId(id, importer) {
    if (id.endsWith('?text')) return id;
    if (!id.endsWith('?file')) return undefined;
    const file = path.resolve(path.dirname(importer), id.slice(0, -'?file'.length));
    return `\0${path.relative(root, file)}.js?file`;
  },
  async load(id) {
    const [, name, kind] = /^\0(.*)\.js\?(file|text)$/.exec(id) ?? [];
    if (!name) return undefined;
    const file = path.join(root, name);
    this.addWatchFile(file);
    if (kind === 'text') {
      return { code: `export const text = ${JSON.stringify(await bundleLean(file))};`, moduleType: 'js' };
    }
    return { code: moduleText(file, folder, isInline ? id.replace(/file$/, 'text') : undefined), moduleType: 'js' };
  },
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      const marked = /new URL\(\s*\/\* @vite-ignore \*\/\s*("[^"]+"),\s*import\.meta\.url\s*\)/g;
      if (chunk.type === 'chunk') chunk.code = chunk.code.replace(marked, 'new URL($1, import.meta.url)');
    }
  },
});

/** The same for the test runner's server. The file beside the script is served as well. */
export const filesForTests = () => ({
  name: 'files',
  async serve({ path: urlPath, URL: url }) {
    const file = path.join(root, urlPath);
    if (url.searchParams.has('file')) return { body: moduleText(file, './', `${urlPath}?text`), type: 'js' };
    if (url.searchParams.has('text')) {
      return { body: `export const text = ${JSON.stringify(await bundleFile(file))};`, type: 'js' };
    }
    if (/\/locales\/[\w-]+\.js$/.test(urlPath) && existsSync(file.replace(/\.js$/, '.ts'))) {
      return { body: await bundleFile(file.replace(/\.js$/, '.ts'), 'esm'), type: 'js' };
    }
    if (/\.(worklet|worker)\.js$/.test(urlPath)) {
      return { body: await bundleFile(file.replace(/\.js$/, '.ts')), type: 'js' };
    }
    return undefined;
  },
});
