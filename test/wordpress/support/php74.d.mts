export function php74(code: string): Promise<string>;
export function endPhp74(): void;
