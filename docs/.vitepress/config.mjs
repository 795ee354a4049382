// The docs' site: the Markdown of the project as it is, so that it reads the same in the repository. `npm run build:docs`.
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the site will be, such as `/synthflow-call/`; it may lie in any folder of a host. */
const base = process.env.DOCS_BASE ?? '/';

/** The first heading of a page. */
const title = (file) => /^# (.+)$/m.exec(readFileSync(path.join(root, file), 'utf8'))[1];
const page = (file, link, text = title(file)) => ({ text, link });
const pages = (...names) => names.map((name) => page(`docs/${name}.md`, `/${name}`));

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#4f46e5"/><path d="M5 7v2M8 4v8M11 6v4" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>`;

const embedding = readdirSync(path.join(root, 'docs/embedding'))
  .filter((name) => name.endsWith('.md') && name !== 'index.md')
  .map((name) => page(`docs/embedding/${name}`, `/embedding/${name.slice(0, -3)}`))
  .sort((a, b) => a.text.localeCompare(b.text));

/** Files that pages show or link to. */
const linkedFiles = new Set(['docs/element.png']);

/** Where the project's other pages are on the site; those of docs/ lie at its root. */
const elsewhere = {
  'README.md': 'start.md',
  'SECURITY.md': 'security.md',
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'simulator/README.md': 'simulator.md',
};

/**
 * The project's links become the site's. Those to files that are not pages lead to a copy of the file, past the site's
 * router; a link to a folder, which only the repository can show, becomes its text.
 */
function fileLinks(md) {
  md.core.ruler.push('file-links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      let isFolder = false;
      for (const token of children ?? []) {
        if (token.type === 'link_close' && isFolder) dropTag(token);
        if (token.type !== 'link_open') continue;
        isFolder = false;
        const href = token.attrGet('href');
        if (/^[a-z]+:|^[#/]/.test(href)) continue;
        const [name, hash] = href.split('#');
        const file = path.resolve(path.dirname(env.realPath ?? env.path), name);
        const inProject = path.relative(root, file);
        if (name.endsWith('.md')) {
          const page = elsewhere[inProject] ?? inProject.replace(/^docs\//, '');
          token.attrSet('href', `/${page}${hash ? `#${hash}` : ''}`);
          continue;
        }
        const found = statSync(file, { throwIfNoEntry: false });
        isFolder = found?.isDirectory() ?? false;
        if (isFolder) dropTag(token);
        if (!found?.isFile()) continue;
        linkedFiles.add(inProject);
        token.attrSet('href', base + inProject);
        token.attrSet('target', '_blank');
      }
    }
  });
}

function dropTag(token) {
  token.type = 'html_inline';
  token.content = '';
}

export default {
  title: 'synthflow-call',
  description: 'A tag that lets the visitors of any web page talk by voice with its Synthflow AI agent.',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  cleanUrls: true,
  srcDir: '..',
  outDir: '../coverage/docs',
  cacheDir: '../coverage/docs-cache',
  srcExclude: ['{node_modules,dist,coverage,embeds,examples,test,server,scripts,public,src}/**', '**/node_modules/**'],
  rewrites: { ...elsewhere, 'docs/:page(.*)': ':page' },
  vite: { configFile: false, publicDir: false },
  markdown: { config: fileLinks },
  buildEnd({ outDir }) {
    for (const file of linkedFiles) cpSync(path.join(root, file), path.join(outDir, file));
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Embed', link: '/embedding/' },
      { text: 'Reference', link: '/api' },
      // Not a page of this site: its files are beside the others.
      { text: 'Playground', link: `${base}playground/index.html`, target: '_self' },
    ],
    sidebar: [
      { text: 'Start', items: [page('README.md', '/start', 'Two commands and a tag'), ...pages('faq')] },
      { text: 'Embed', items: embedding },
      {
        text: 'The page',
        items: pages('styling', 'visitors', 'lifecycle', 'security-headers', 'stats', 'troubleshooting'),
      },
      { text: 'The server', items: pages('token-endpoint', 'protocol') },
      {
        text: 'Reference',
        items: [
          ...pages('api', 'architecture', 'performance'),
          page('SECURITY.md', '/security'),
          page('simulator/README.md', '/simulator'),
          page('CONTRIBUTING.md', '/contributing'),
          page('CHANGELOG.md', '/changelog'),
        ],
      },
    ],
  },
};
