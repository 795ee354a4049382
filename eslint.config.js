import js from '@eslint/js';
import { configs as lit } from 'eslint-plugin-lit';
import compat from 'eslint-plugin-compat';
import litA11y from 'eslint-plugin-lit-a11y';
import { configs as wc } from 'eslint-plugin-wc';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** A floor of the house: its files may not import from the given ones. See docs/architecture.md. */
const floor = (folder, forbidden, mayUseLit = false) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^\\.\\.?/(.*/)?(${forbidden.join('|')})/|^(\\.\\./)+index${mayUseLit ? '' : '|^lit'}`,
            message: `Imports only go down: ${folder} may not know this.`,
          },
        ],
      },
    ],
  },
});

export default defineConfig(
  { ignores: ['dist', 'dist-playground', 'coverage', 'custom-elements.json'] },
  js.configs.recommended,
  tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Exports have names here.' },
        {
          selector: 'TSEnumDeclaration, TSModuleDeclaration[id.type="Identifier"][kind="namespace"]',
          message: 'Types only.',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['*.config.*', 'vite.config.ts', 'public/**', 'examples/**', 'docs/.vitepress/**'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['scripts/**', '*.config.*', 'test/{docs,e2e,failures}/**', 'public/**', 'docs/.vitepress/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  { files: ['embeds/wordpress/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['examples/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser, Bun: 'readonly', Deno: 'readonly' } },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/triple-slash-reference': 'off',
    },
  },
  { files: ['src/element/**/*.ts'], extends: [lit['flat/recommended'], wc['flat/recommended']] },
  { files: ['src/element/**/*.ts'], plugins: { 'lit-a11y': litA11y }, rules: litA11y.configs.recommended.rules },
  {
    files: ['src/**/*.ts'],
    // A hint for the site's developer: in-app browsers have nothing but their name.
    ignores: ['src/call/diagnosis/check-page.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['userAgent', 'userAgentData', 'vendor', 'platform'].map((property) => ({
          object: 'navigator',
          property,
          message: 'Feature detection only.',
        })),
      ],
    },
  },
  {
    // What the browsers of package.json's `browserslist` lack.
    files: ['src/**/*.ts'],
    extends: [compat.configs['flat/recommended']],
    // Opus alone needs WebCodecs, and asks for them first.
    settings: { lintAllEsApis: true, polyfills: ['AudioEncoder', 'AudioDecoder', 'AudioData', 'EncodedAudioChunk'] },
  },
  floor('src/dsp', ['audio', 'protocol', 'call', 'element', 'server', 'simulator']),
  floor('src/protocol', ['audio', 'call', 'element', 'server', 'simulator']),
  floor('src/audio', ['protocol', 'call', 'element', 'server', 'simulator']),
  floor('src/call', ['element', 'server', 'simulator']),
  floor('src/element', ['dsp', 'audio', 'protocol', 'server', 'simulator'], true),
  floor('src/client', ['dsp', 'audio', 'protocol', 'server', 'simulator']),
  floor('src/classic', ['dsp', 'audio', 'protocol', 'call', 'server', 'simulator']),
  floor('server', ['src', 'audio', 'protocol', 'call', 'element']),
  floor('simulator', ['audio', 'protocol', 'call', 'element']),
);
