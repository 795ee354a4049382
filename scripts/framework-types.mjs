// Part of `npm run build`: what frameworks and editors want to know of the tag, from custom-elements.json: types into
// dist/frameworks, web-types for JetBrains' editors, custom data for VS Code.
import { generateJetBrainsWebTypes } from 'custom-element-jet-brains-integration';
import { generateVsCodeCustomElementData } from 'custom-element-vs-code-integration';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from './setup.mjs';

const manifest = JSON.parse(readFileSync(`${root}custom-elements.json`, 'utf8'));
const element = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName);

/** What may be written in an attribute of a property's type: HTML knows text and whether it is there. */
const attributeType = ({ text = 'string' } = {}) => {
  const kinds = text.split(' | ').filter((kind) => kind !== 'undefined' && kind !== 'null');
  if (kinds.includes('boolean')) return "boolean | ''";
  if (kinds.includes('number')) return 'number | string';
  return kinds.join(' | ');
};
const attributes = element.attributes.map(
  ({ name, type, description }) => `  /** ${description} */\n  '${name}'?: ${attributeType(type)} | undefined;`,
);
/** What no attribute can say. */
const properties = element.members
  .filter(({ kind, attribute, readonly, static: isStatic }) => kind === 'field' && !attribute && !readonly && !isStatic)
  .map(({ name }) => `'${name}'`);

const common = `import type { CallEventMap, SynthflowCall } from '../types/src/index.js';

export type { SynthflowCall };

/** The element's attributes. */
export interface Attributes {
${attributes.join('\n')}
}

type Camel<Name extends string> = Name extends \`\${infer Head}-\${infer Tail}\` ? \`\${Head}\${Capitalize<Camel<Tail>>}\` : Name;

/** Its properties: the same in camelCase, and what no attribute can say. */
export type Properties = { [Name in keyof Attributes as Camel<Name>]: Attributes[Name] } & Partial<
  Pick<SynthflowCall, ${properties.join(' | ')}>
>;

/** Listeners, as a framework names them: its prefix and the event's name. */
export type Listeners<Prefix extends string> = {
  [Name in keyof CallEventMap as \`\${Prefix}\${Name}\`]?: ((event: CallEventMap[Name]) => void) | undefined;
};
export type CamelListeners = {
  [Name in keyof CallEventMap as \`on\${Capitalize<Camel<Name>>}\`]?: ((event: CallEventMap[Name]) => void) | undefined;
};

/** What a framework knows of every tag, but for what the element says otherwise. */
export type With<Global, Own> = Omit<Global, keyof Own> & Own;
`;

/** By framework: what it is told. */
const frameworks = {
  react: `import type { ClassAttributes, HTMLAttributes } from 'react';
import type { Attributes, Listeners, Properties, SynthflowCall, With } from './common.js';

type Own = Attributes & Properties & Listeners<'on'> & { class?: string | undefined };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'synthflow-call': With<HTMLAttributes<SynthflowCall> & ClassAttributes<SynthflowCall>, Own>;
    }
  }
}`,
  preact: `import type { ClassAttributes, HTMLAttributes } from 'preact';
import type { Attributes, Listeners, Properties, SynthflowCall, With } from './common.js';

type Global = HTMLAttributes<SynthflowCall> & ClassAttributes<SynthflowCall>;

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'synthflow-call': With<Global, Attributes & Properties & Listeners<'on'>>;
    }
  }
}`,
  solid: `import type { JSX } from 'solid-js';
import type { Attributes, Listeners, Properties, SynthflowCall, With } from './common.js';

declare module 'solid-js' {
  namespace JSX {
    interface IntrinsicElements {
      'synthflow-call': With<JSX.HTMLAttributes<SynthflowCall>, Attributes & Properties & Listeners<'on:'>>;
    }
  }
}`,
  svelte: `import type { HTMLAttributes } from 'svelte/elements';
import type { Attributes, Listeners, Properties, SynthflowCall, With } from './common.js';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'synthflow-call': With<HTMLAttributes<SynthflowCall>, Attributes & Properties & Listeners<'on' | 'on:'>>;
  }
}`,
  vue: `import type { HTMLAttributes } from 'vue';
import type { Attributes, CamelListeners, Listeners, Properties, With } from './common.js';

declare module 'vue' {
  interface GlobalComponents {
    'synthflow-call': new () => {
      $props: With<HTMLAttributes, Attributes & Properties & CamelListeners & Listeners<'on'>>;
    };
  }
}`,
};

const folder = `${root}dist/frameworks/`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}common.d.ts`, common);
for (const [name, types] of Object.entries(frameworks)) {
  writeFileSync(`${folder}${name}.d.ts`, `${types}\n\nexport * from '../types/src/index.js';\n`);
}

// Both write what they find into the manifest that they are given.
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const options = { outdir: `${root}dist`, hideLogs: true };
generateVsCodeCustomElementData(structuredClone(manifest), options);
generateJetBrainsWebTypes(structuredClone(manifest), {
  ...options,
  packageJson: false,
  fileName: 'web-types.json',
});
const webTypes = JSON.parse(readFileSync(`${root}dist/web-types.json`, 'utf8'));
writeFileSync(
  `${root}dist/web-types.json`,
  `${JSON.stringify({ ...webTypes, name: 'synthflow-call', version }, null, 2)}\n`,
);
