// Copies the script and the files beside it to where the page looks for them.
import { cpSync } from 'node:fs';

cpSync('node_modules/synthflow-call/dist', 'public/assets', {
  recursive: true,
  filter: (path) => /(dist|synthflow-call[\w.-]*\.js|locales.*|licenses\.txt)$/.test(path),
});
