import { getPHPLoaderModule } from '@php-wasm/node-7-4';
import { loadPHPRuntime, PHP } from '@php-wasm/universal';

const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule()));

/** Runs PHP in the oldest version that the plugin is for, each time in a new request, and answers what that prints. */
export const php74 = async (code) => (await php.run({ code })).text;

export const endPhp74 = () => php.exit();
