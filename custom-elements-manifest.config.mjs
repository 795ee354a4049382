/** The element names its attributes by one rule, which the analyzer does not run. */
const kebabAttributes = {
  name: 'kebab-attributes',
  packageLinkPhase({ customElementsManifest }) {
    const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    for (const { declarations } of customElementsManifest.modules) {
      for (const { attributes = [], members = [] } of declarations ?? []) {
        for (const attribute of attributes) if (attribute.fieldName) attribute.name = kebab(attribute.fieldName);
        for (const member of members) if (member.attribute) member.attribute = kebab(member.name);
      }
    }
  },
};

/** The analyzer adds an event without a name for every `dispatchEvent(new X())`, and lists private members. */
const publicOnly = {
  name: 'public-only',
  packageLinkPhase({ customElementsManifest }) {
    for (const { declarations } of customElementsManifest.modules) {
      for (const declaration of declarations ?? []) {
        const isPublic = ({ name, privacy }) =>
          !name.startsWith('#') && privacy !== 'private' && privacy !== 'protected';
        const hidden = declaration.members?.filter((member) => !isPublic(member)).map(({ name }) => name);
        declaration.members = declaration.members?.filter(isPublic);
        declaration.attributes = declaration.attributes?.filter(({ fieldName }) => !hidden.includes(fieldName));
        declaration.events = declaration.events?.filter(({ name }) => name?.startsWith('synthflow-'));
      }
    }
  },
};

export default {
  globs: ['src/element/synthflow-call.ts', 'src/element/events.ts'],
  outdir: '.',
  litelement: true,
  packagejson: false,
  plugins: [kebabAttributes, publicOnly],
};
