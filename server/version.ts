/** The package's version, as the dry check and `--version` tell it. A test keeps it equal to package.json. */
export const version = '0.1.0';
