import { register } from '../register.js';
import { takeQueue } from './commands.js';
import { mount } from './mount.js';
import { ownScript } from './own-script.js';
import { takeTriggers } from './triggers.js';

// The classic script: registers the tag, makes the element that its own tag describes, and takes the page's commands.
register();

function begin(): void {
  if (ownScript) mount(ownScript);
  const queue = takeQueue();
  if (ownScript?.hasAttribute('data-triggers')) takeTriggers(queue);
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
else begin();
