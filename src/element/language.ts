import { importFile, type FileLocation } from '../call/import-file.js';
import { loadBeside } from './load-beside.js';
import { en, type Strings } from './locales/en.js';

/** Beside English, one file each; what is not said is the language's most frequent form: `pt` is Brazilian, `zh` simplified. */
export const languages =
  'ar bg cs da de el es et fi fr he hi hr hu id it ja ko lt lv nb nl pl pt pt-pt ro sk sl sv th tr uk vi zh zh-hant';

/** The name of a language's file; undefined for English, and for languages that we do not speak. */
export function fileOf(lang: string): string | undefined {
  const known = languages.split(' ');
  const plain = lang.toLowerCase();
  // Most pages need no tables of languages, which the browser loads slowly.
  if (/^en\b/.test(plain)) return undefined;
  if (known.includes(plain)) return plain;
  try {
    const { language, script, region } = new Intl.Locale(lang).maximize();
    // Norwegian is one language to those who write its other form.
    const own = /^n[no]$/.test(language!) ? 'nb' : language!;
    return [`${own}-${region}`, `${own}-${script}`, own]
      .map((name) => name.toLowerCase())
      .find((name) => known.includes(name));
  } catch {
    // No language tag.
    return undefined;
  }
}

/** The words of a language, from its file; English where it cannot be loaded. */
export async function loadStrings(file: string, location: FileLocation): Promise<Strings> {
  try {
    const loading = importFile<{ strings: Strings }>(`locales/${file}.js`, location, () => loadBeside(file));
    return (await loading).strings;
  } catch {
    return en;
  }
}

/** The site's own words in place of some. */
export type Labels = { readonly [Key in keyof Strings]?: Strings[Key] extends string ? string : Partial<Strings[Key]> };

export const withLabels = (strings: Strings, labels: Labels | undefined): Strings =>
  labels
    ? {
        ...strings,
        ...labels,
        status: { ...strings.status, ...labels.status },
        errors: { ...strings.errors, ...labels.errors },
      }
    : strings;

/** Tells an observer of every `lang` that may name an element's language. What takes one of them away takes the element. */
export function observeLangs(observer: MutationObserver, element: Element): void {
  let node: Node | null | undefined = element;
  for (; node; node = node.parentNode ?? (node as Partial<ShadowRoot>).host) {
    observer.observe(node, { attributeFilter: ['lang'] });
  }
}

/** The language of an element: its own or its nearest ancestor's `lang`, also outside its shadow root. */
export function langOf(element: Element): string {
  const found = element.closest('[lang]');
  // Not `instanceof`: the roots of an iframe are of other classes.
  const { host } = element.getRootNode() as Partial<ShadowRoot>;
  return found?.getAttribute('lang') ?? (host ? langOf(host) : 'en');
}
