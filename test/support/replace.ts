const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

/** Puts another value in place of a property until the test is over. */
export function replace<T>(target: object, name: PropertyKey, value: T): T {
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { configurable: true, writable: true, value });
  undo.push(() => {
    if (own) Object.defineProperty(target, name, own);
    else Reflect.deleteProperty(target, name);
  });
  return value;
}

/** Takes a property away until the test is over. */
export function remove(target: object, name: PropertyKey): void {
  replace(target, name, undefined);
  Reflect.deleteProperty(target, name);
}

/** Undoes something when the test is over. */
export function onTestEnd(step: () => void): void {
  undo.push(step);
}
