import { transform } from 'esbuild';
import { readFileSync } from 'node:fs';
import { minify } from 'terser';

const element = readFileSync(new URL('../src/element/synthflow-call.ts', import.meta.url), 'utf8');
const privateNames = [...element.matchAll(/^ {2}private (\w+)/gm)].map(([, name]) => name);
/** What Lit's own classes and the element say to one another, and pages need not say to it. */
const litNames =
  'attribute|createProperty|createRenderRoot|elementProperties|enableUpdating|finalize|getPropertyDescriptor|hasUpdated|isUpdatePending|performUpdate|properties|reflect|renderOptions|renderRoot|requestUpdate|shadowRootOptions|updated|useDefault|willUpdate';
/** What the call and its sound say to one another, in the script itself: nothing that another file or a page says, or is told. */
const callNames =
  'asked|binding|choose|deadline|disarm|drain|elapsedMs|failure|fetchBinding|fetchSession|hangUpUnused|hear|heldSinceMs|hungUpCode|idleTimeoutS|isPoor|letSleep|loss|lostMs|maxDurationS|mediaKeys|onLost|onSilent|onStream|openAudio|quality|renew|review|setMicrophone|setMuted|setRinging|setSpeaker|setStream|setVolume|settle|socket|startThread|stopped|thread|ticking|timeoutsMs|timers|tries';
/** The names that nobody outside sees: they are shortened. */
export const ownNames = new RegExp(`^(_\\$.*|${litNames}|${callNames}|${privateNames.join('|')})$`);

/** The element's own custom properties by shorter names: the page sees them only where it looks for them. */
function shortenProperties(code) {
  const names = [...new Set(code.match(/--_[a-z-]+/g))];
  return code.replaceAll(/--_[a-z-]+/g, (name) => `--_${String.fromCodePoint(97 + names.indexOf(name))}`);
}

/** For Vite: what its own minifier leaves: white space in Lit's templates, and the last percent. */
export const minifyScript = () => ({
  name: 'minify-script',
  async transform(code, id) {
    const [, css] = /css`([^`]*)`/.exec(id.endsWith('/element/styles.ts') ? code : '') ?? [];
    if (!css) return undefined;
    const minified = await transform(css, { loader: 'css', minify: true, target: 'chrome114' });
    // esbuild leaves white space where custom properties are given and used, and around operators.
    const lean = minified.code
      .trim()
      .replaceAll(/(--[\w-]+[:,]|[(,]) | (?=\))/g, '$1')
      .replaceAll(/\{[^{}]*\}/g, (declarations) => declarations.replaceAll(/ ([*/]) /g, '$1'));
    return { code: code.replace(css, () => lean.replaceAll('\\', '\\\\')), map: null };
  },
  async generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      // In minified code the only line breaks are those in templates.
      const code = chunk.code
        .replace(/\s*\n\s*/g, ' ')
        // Not between two backticks: that is a string.
        .replace(/> (?=[<`])|` (?=<)/g, ([first]) => first)
        // Neither in tags nor beside elements, whose boxes take no white space.
        .replace(/(?<=[}"]|<\/?\w+) (?=>)|(?<=\}) (?=<)|(?<=(["}]|<\/\w+) ?>) (?=\$\{)/g, '')
        .trim();
      const options = {
        module: true,
        compress: { passes: 3, ecma: 2022, unsafe_arrows: true, unsafe_methods: true, pure_getters: true },
        mangle: { properties: { regex: ownNames } },
        format: { ecma: 2022 },
      };
      chunk.code = (await minify(shortenProperties(code), options)).code;
    }
  },
});
