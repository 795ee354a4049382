import { spawnSync } from 'node:child_process';
import { installPackages } from './debian.mjs';

/** Debian's small fonts for the element's languages whose letters few other fonts have, by one of those. */
const packages = {
  न: 'fonts-lohit-deva',
  ก: 'fonts-tlwg-loma-ttf',
  통: 'fonts-lexi-gulim',
  か: 'fonts-droid-fallback',
  话: 'fonts-droid-fallback',
  話: 'fonts-droid-fallback',
};

/** Installs fonts of Debian's where letters lack, if that is possible. The tests say which words they could not look at. */
export function ensureFonts() {
  const lacking = Object.keys(packages).filter((letter) => {
    const { stdout } = spawnSync('fc-list', [`:charset=${letter.codePointAt(0).toString(16)}`, 'file']);
    // Without fontconfig nobody knows.
    return stdout?.length === 0;
  });
  if (lacking.length === 0) return;
  try {
    if (installPackages(...new Set(lacking.map((letter) => packages[letter])))) return;
    console.log(`There are no fonts for ${lacking.join(' ')}: words in them are not measured.`);
  } catch (error) {
    console.error(`There are no fonts for ${lacking.join(' ')}: ${error.message}`);
  }
}
