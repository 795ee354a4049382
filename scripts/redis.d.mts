/** Path of a redis-server; installs Debian's where none is found and that is possible. Throws a sentence where it is not. */
export function ensureRedis(): string;
