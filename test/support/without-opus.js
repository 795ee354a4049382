import { register } from 'node:module';

// `node --import ./test/support/without-opus.js` is a machine where libopus-wasm is not installed.
const hooks = `export async function resolve(specifier, context, next) {
  if (specifier !== 'libopus-wasm') return next(specifier, context);
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
