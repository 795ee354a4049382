import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = fileURLToPath(new URL('.', import.meta.url));
const jsx = { jsx: ts.JsxEmit.ReactJSX };

const samples: Record<string, [file: string, options: ts.CompilerOptions]> = {
  'no framework, and Angular': ['dom.ts', {}],
  'React 19': ['react.tsx', { ...jsx, jsxImportSource: 'react' }],
  'React 18': [
    'react.tsx',
    {
      ...jsx,
      jsxImportSource: 'react',
      paths: { react: ['./node_modules/@types/react-18'], 'react/*': ['./node_modules/@types/react-18/*'] },
    },
  ],
  Preact: ['preact.tsx', { ...jsx, jsxImportSource: 'preact' }],
  Solid: ['solid.tsx', { jsx: ts.JsxEmit.Preserve, jsxImportSource: 'solid-js' }],
  Vue: ['vue.ts', {}],
  Svelte: ['svelte.ts', {}],
};

// The package is there as it is packed: see scripts/test-frameworks.mjs.
describe('the types of the package', () => {
  for (const [name, [file, options]] of Object.entries(samples)) {
    it(`know the tag in ${name}, and what is wrong with it`, () => {
      const program = ts.createProgram([`${folder}samples/${file}`], {
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        types: [],
        pathsBasePath: folder,
        ...options,
      });
      // What a framework's own types say of each other is not ours; ours are looked at, since what is wrong in them is `any`.
      const found = ts
        .getPreEmitDiagnostics(program)
        .filter(({ file }) => !file || /\/(samples|synthflow-call\/dist)\//.test(file.fileName));
      const format = { getCanonicalFileName: String, getCurrentDirectory: () => folder, getNewLine: () => '\n' };
      assert.equal(ts.formatDiagnostics(found, format), '');
      // The framework's own types were looked at, those that are asked for.
      const sources = program.getSourceFiles().map(({ fileName }) => fileName);
      const wanted = name === 'React 18' ? '/@types/react-18/' : '/node_modules/';
      assert.ok(
        sources.some((source) => source.includes(wanted)),
        sources.join('\n'),
      );
    });
  }
});
